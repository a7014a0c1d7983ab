/** How the version of one program stands to that of another; `far` is more than one version away. */
export type VersionSkew = 'same' | 'release' | 'older' | 'newer' | 'far';

/**
 * Compares versions such as `0.3.1`. Releases of one version (`0.3`) differ in corrections only. Programs one version
 * apart work together; what the older one does not know, it refuses.
 */
export function versionSkew(version: string, than: string): VersionSkew {
  if (version === than) return 'same';
  const [major, minor] = seriesOf(version);
  const [otherMajor, otherMinor] = seriesOf(than);
  if (major === undefined || minor === undefined || otherMinor === undefined || major !== otherMajor) return 'far';
  const apart = minor - otherMinor;
  if (apart === 0) return 'release';
  if (Math.abs(apart) > 1) return 'far';
  return apart < 0 ? 'older' : 'newer';
}

/** Major and minor number; none of a text that is not a version. */
function seriesOf(version: string): number[] {
  const [, major, minor] = /^(\d+)\.(\d+)(?:\D|$)/.exec(version) ?? [];
  return major === undefined ? [] : [Number(major), Number(minor)];
}
