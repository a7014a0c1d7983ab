import { withOwnSocket } from '../../../base/index.ts';

/**
 * A socket of an instance where the agent makes them, else where an earlier agent let QEMU make it. `name` is for messages.
 * @throws SOCKET_REFUSED, and ENOENT when there is none
 */
export async function withInstanceSocket<T>(path: string, old: string, work: (held: string, name: string) => Promise<T>): Promise<T> {
  try {
    return await withOwnSocket(path, (held) => work(held, path));
  } catch (error) {
    // Only root writes that folder, so nobody can bring about that the other place is looked at.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return await withOwnSocket(old, (held) => work(held, old));
}
