import { randomBytes } from 'node:crypto';
import { chown, readFile, stat } from 'node:fs/promises';
import { writeFileAtomic } from '../../base/index.ts';

const user = 'admin';

/**
 * Makes sure that there is a user who may do everything, and a file with his password that only its owner may read. A
 * lost file means a new password.
 * @param usersFile the master's users file; keeps its owner
 */
export async function ensureCredentials(credentialsFile: string, usersFile: string): Promise<void> {
  const users = await readFile(usersFile, 'utf8');
  const known = await readFile(credentialsFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const password = known?.trim().split(' ')[1] ?? randomBytes(24).toString('base64url');
  const line = `${user} ${password} write`;
  if (!users.split('\n').includes(line)) {
    const others = users.split('\n').filter((other) => other !== '' && !other.startsWith(`${user} `));
    const { uid, gid } = await stat(usersFile);
    await writeFileAtomic(usersFile, `${[...others, line].join('\n')}\n`, 0o600);
    await chown(usersFile, uid, gid);
  }
  if (known === undefined) await writeFileAtomic(credentialsFile, `${user} ${password}\n`, 0o600);
}
