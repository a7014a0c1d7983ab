import { GantryError, run } from '../../base/index.ts';

/** Numeric ids of a system user. @throws DAEMON_USER_UNKNOWN */
export async function lookUpUser(name: string): Promise<{ uid: number; gid: number }> {
  const { code, stdout } = await run('getent', ['passwd', name], { okCodes: [0, 2] });
  const [, , uid, gid] = stdout.trim().split(':');
  if (code !== 0 || !uid || !gid) throw new GantryError('DAEMON_USER_UNKNOWN', { user: name });
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Gives up root for good. Happens after the code is loaded, so that the user needs no access to it, and before anything
 * is opened for writing. Does nothing for a process that is not root.
 */
export async function dropPrivileges(user: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await lookUpUser(user);
  process.setgroups?.([]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}
