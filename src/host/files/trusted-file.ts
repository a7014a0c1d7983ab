import { lstat, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** What makes a file one that is not trusted. */
export class UntrustedFileError extends Error {}

export interface Trust {
  /** Users to whom folders and links on the way to the file may belong. */
  readonly owners: readonly number[];
  /** Users to whom the file itself may belong; the same unless given. */
  readonly fileOwners?: readonly number[];
  /** Others may write to the file, as those who use a socket must. */
  readonly anyMode?: boolean;
}

const [othersMayWrite, sticky] = [0o022, 0o1000];

/** The same limit as the kernel's: more links in one path are a loop. */
const mostLinks = 40;

/**
 * The real path of a file or folder, if only its owners can change it or redirect the path: every folder on the way is checked,
 * and every link, both in the given path and in the targets of links. Use what is returned: it has no links.
 * @throws UntrustedFileError, or the system's error
 */
export async function requireTrusted(path: string, { owners, fileOwners = owners, anyMode = false }: Trust): Promise<string> {
  const real = await follow(resolve(path), owners, { count: 0 });
  const { uid, mode } = await stat(real);
  requireOwner(real, uid, fileOwners);
  if (!anyMode && (mode & othersMayWrite) !== 0) throw writable(real);
  return real;
}

async function follow(path: string, owners: readonly number[], links: { count: number }): Promise<string> {
  const parent = dirname(path);
  if (parent === path) return path;
  const folder = await follow(parent, owners, links);
  const above = await stat(folder);
  requireOwner(folder, above.uid, owners);
  if ((above.mode & othersMayWrite) !== 0 && (above.mode & sticky) === 0) throw writable(folder);
  const place = join(folder, basename(path));
  const entry = await lstat(place);
  if (!entry.isSymbolicLink()) return place;
  // In a folder like /tmp, the owner of a link may replace it.
  requireOwner(place, entry.uid, owners);
  if (++links.count > mostLinks) throw new UntrustedFileError(`more than ${mostLinks} links lead to it`);
  return follow(resolve(folder, await readlink(place)), owners, links);
}

function requireOwner(place: string, uid: number, owners: readonly number[]): void {
  if (!owners.includes(uid))
    throw new UntrustedFileError(`${place} belongs to user ${uid} and not to ${[...new Set(owners)].join(' or ')}`);
}

const writable = (place: string) => new UntrustedFileError(`${place} is writable by users other than its owner`);
