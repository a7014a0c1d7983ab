import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Holds a lock file while `work` runs. The kernel frees it when this process ends, in whatever way. Waits up to 20 minutes. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  // The lock is held by cat, which ends with its input; the first byte comes back when it has the lock.
  const holder = spawn('flock', ['--timeout', '1200', path, 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(holder, 'exit').then(([code]) => `flock ended with ${code}`);
  // When flock ends before it has read, the exit tells.
  holder.stdin.on('error', () => holder.kill());
  holder.stdin.write('.');
  const failure = await Promise.race([once(holder.stdout, 'data').then(() => undefined), ended]);
  if (failure !== undefined) throw new Error(`${path} cannot be locked: ${failure}`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
