import { readFileSync } from 'node:fs';

/** Processes that a process has begun; none where the kernel does not tell, or it has ended. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    // This only makes the end less certain; the namespace and the control group also end the processes.
    return [];
  }
}

/** A process and all that it and its children have begun. */
export const familyOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(familyOf)];

/** @param pid - negative for a group of processes */
export const killHard = (pid: number): void => signal(pid, 'SIGKILL');

/** @param pid - negative for a group of processes */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It has ended, or now belongs to another user; in that case it is in the namespace that ends.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
