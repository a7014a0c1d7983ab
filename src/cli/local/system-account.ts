import { run } from '../../base/index.ts';

/** The unprivileged system user as which the master runs. */
export const masterAccount = 'gantry';

/** Makes the account when it is not there. Like a Debian package's account it stays when the cluster goes. */
export async function ensureAccount(note: (text: string) => void): Promise<void> {
  const { code } = await run('getent', ['passwd', masterAccount], { okCodes: [0, 2] });
  if (code === 0) return;
  note(`Creating the system user "${masterAccount}"; the master runs as this user.`);
  const home = ['--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin'];
  // Of two at once one is told that the user exists (9); that is as good.
  await run('useradd', ['--system', '--user-group', ...home, masterAccount], { okCodes: [0, 9] });
}
