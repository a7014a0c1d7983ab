import { lstat } from 'node:fs/promises';
import { type RunResult, run } from '../../base/index.ts';
import type { Account } from './find-account.ts';

export const isRoot = (): boolean => process.getuid?.() === 0;

/** What setpriv(1) is told, so that root becomes this user, in these groups and with these capabilities only. */
export function becomeArguments({ uid, gid }: Account, groups: readonly number[] = [], capabilities: readonly string[] = []): string[] {
  const set = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups',
    '--no-new-privs',
    `--inh-caps=${set}`,
    `--bounding-set=${set}`,
    ...(capabilities.length > 0 ? [`--ambient-caps=${set}`] : []),
  ];
}

/**
 * The command that gives up every privilege and then becomes `command`, in the same process. Without root there is
 * nothing to give up but the chance to gain some.
 */
export function unprivileged(uid: number, command: readonly string[], groups: readonly number[] = []): string[] {
  if (!isRoot()) return ['setpriv', '--no-new-privs', ...command];
  return ['setpriv', ...becomeArguments({ uid, gid: uid }, groups), ...command];
}

/**
 * Runs a program on a file as the user whose file it is. A guest's process may have written what is in it; whatever the
 * program is led to by that, it can do no more than that process.
 */
export async function runAsOwner(path: string, program: string, args: readonly string[]): Promise<RunResult> {
  const owner = await lstat(path);
  if (!isRoot() || owner.uid === 0) return run(program, args);
  return run('setpriv', [...becomeArguments(owner), program, ...args]);
}
