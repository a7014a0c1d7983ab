import { lstat } from 'node:fs/promises';
import { type RunResult, run } from '../../base/index.ts';

/**
 * Runs a program on a file as the user whose file it is. A guest's process may have written what is in it; whatever the
 * program is led to by that, it can do no more than that process.
 */
export async function runAsOwner(path: string, program: string, args: readonly string[]): Promise<RunResult> {
  const { uid, gid } = await lstat(path);
  if (process.getuid?.() !== 0 || uid === 0) return run(program, args);
  const dropped = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'];
  return run('setpriv', [...dropped, program, ...args]);
}
