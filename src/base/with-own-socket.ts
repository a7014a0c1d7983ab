import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GantryError } from './errors/gantry-error.ts';

/** Opens a name without what is behind it, so that even a socket can be held; not among Node's constants. */
const pathOnly = 0o10000000;

/**
 * Gives `work` a path that leads to exactly the socket that lies at `path` now, as long as `work` lasts: whoever can write
 * the folder can neither lead it elsewhere by a link nor exchange it in between. The socket must belong to the owner of its
 * folder, so that it is one that he made.
 * @throws SOCKET_REFUSED, or the system's error, as ENOENT
 */
export async function withOwnSocket<T>(path: string, work: (held: string) => Promise<T>): Promise<T> {
  const { uid: owner } = await lstat(dirname(path));
  await using handle = await open(path, pathOnly | constants.O_NOFOLLOW);
  const stat = await handle.stat();
  const refuse = (problem: string) => new GantryError('SOCKET_REFUSED', { path, problem });
  if (!stat.isSocket()) throw refuse('it is not a socket');
  if (stat.uid !== owner) throw refuse(`it belongs to user ${stat.uid}, its folder to user ${owner}`);
  return await work(`/proc/self/fd/${handle.fd}`);
}
