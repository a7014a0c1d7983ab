import { GantryError } from '../../base/index.ts';

/** What git knows about the sources. */
export interface Sources {
  /** Version of package.json. */
  readonly version: string;
  /** Commits up to this one. */
  readonly count: number;
  /** The whole hash. */
  readonly commit: string;
  /** Seconds since 1970, of the commit. */
  readonly committedAt: number;
  /** There are changes that are not committed. */
  readonly changed: boolean;
  /** Where the tag "v<version>" is: at this commit, at one before it, or nowhere. */
  readonly tag: 'here' | 'before' | undefined;
}

/**
 * The version for Debian. A release has the version of package.json. A package between releases sorts by its number of
 * commits: below its release while that is still to come, above it when the tag is already there.
 * @example 0.2.0, 0.2.0~git713.20261130.c83e707b, 0.2.0+git720.20261201.0123abcd+changed
 */
export function packageVersion({ version, count, commit, committedAt, changed, tag }: Sources): string {
  if (tag === 'here' && !changed) return version;
  const date = new Date(committedAt * 1000).toISOString().slice(0, 10).replaceAll('-', '');
  const between = `git${count}.${date}.${commit.slice(0, 8)}`;
  return `${version}${tag === undefined ? '~' : '+'}${between}${changed ? '+changed' : ''}`;
}

/** @throws PACKAGE_VERSION_INVALID */
export function requireVersion(version: string): string {
  if (/^\d[A-Za-z0-9.+~]{0,99}$/.test(version)) return version;
  throw new GantryError('PACKAGE_VERSION_INVALID', { version });
}

/** @throws PACKAGE_RELEASE_REFUSED */
export function requireRelease({ version, changed, tag }: Sources): void {
  const problem = changed
    ? 'there are changes that are not committed'
    : tag === 'here'
      ? undefined
      : `the tag "v${version}" is not at this commit`;
  if (problem) throw new GantryError('PACKAGE_RELEASE_REFUSED', { version, problem });
}
