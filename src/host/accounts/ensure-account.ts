import { run } from '../../base/index.ts';

/** Makes an unprivileged system user when there is none of this name. Like a Debian package's user it stays. @param note called before it is made */
export async function ensureAccount(name: string, note: () => void): Promise<void> {
  const { code } = await run('getent', ['passwd', name], { okCodes: [0, 2] });
  if (code === 0) return;
  note();
  const home = ['--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin'];
  // Of two at once one is told that the user exists (9); that is as good.
  await run('useradd', ['--system', '--user-group', ...home, name], { okCodes: [0, 9] });
}
