import { readdir, readlink, stat } from 'node:fs/promises';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

/** Numbers of the processes whose working directory is `directory`. */
export const processesIn = (directory: string): Promise<number[]> =>
  processesThat(async (pid) => (await readlink(`/proc/${pid}/cwd`)) === directory);

/** Processes inside a network namespace. @param path where `ip netns` keeps it */
export async function processesInNamespace(path: string): Promise<ProcessIdentity[]> {
  const namespace = await stat(path).catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw error;
  });
  if (!namespace) return [];
  const pids = await processesThat(async (pid) => {
    const own = await stat(`/proc/${pid}/ns/net`);
    return own.ino === namespace.ino && own.dev === namespace.dev;
  });
  return (await Promise.all(pids.map(identifyProcess))).filter((identity) => identity !== undefined);
}

async function processesThat(matches: (pid: number) => Promise<boolean>): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map((pid) =>
      matches(pid).catch((error: unknown) => {
        if (isGone(error)) return false;
        throw error;
      }),
    ),
  );
  return pids.filter((_, index) => found[index]);
}

/** It ended meanwhile, is a kernel thread, or is another user's. */
const isGone = (error: unknown): boolean => ['ENOENT', 'ESRCH', 'EACCES', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
