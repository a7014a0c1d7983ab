import { readFileSync, statSync } from 'node:fs';
import type { Log } from '../../../base/index.ts';
import type { Authenticator, User } from '../authenticator.ts';
import { basicCredentials } from '../basic-credentials.ts';
import { parseStoredPassword, passwordFits, realm, type StoredPassword } from './password.ts';

interface StoredUser extends User {
  readonly password: StoredPassword;
}

/** What a line of the users file is not: its number (from 1) and why. The text may hold a password and is left out. */
export interface BadLine {
  readonly line: number;
  readonly problem: string;
}

/** Reads Ganeti's users file: `name password [option,option]` a line, `#` comments. A later line of a name wins. */
export function parseUsersFile(text: string): { users: Map<string, StoredUser>; bad: BadLine[] } {
  const users = new Map<string, StoredUser>();
  const bad: BadLine[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [name = '', secret, ...rest] = line.split(/\s+/);
    const password = secret === undefined ? undefined : parseStoredPassword(secret);
    if (secret === undefined) bad.push({ line: index + 1, problem: 'it has no password' });
    else if (!password) bad.push({ line: index + 1, problem: 'its password has an unknown scheme or a malformed hash' });
    else if (name.includes(':')) bad.push({ line: index + 1, problem: 'a user name cannot contain ":"' });
    else users.set(name, { name, password, options: rest.join('').split(',').filter(Boolean) });
  }
  return { users, bad };
}

const nobody: StoredPassword = { scheme: 'cleartext', value: '' };

/**
 * HTTP Basic against a users file, which is looked at again when a request comes more than `checkEveryMs` after the
 * last look. While the file is missing nobody is let in; while it cannot be read the users stay as they were.
 */
export function usersFileAuthenticator(path: string, log: Log, checkEveryMs = 1000): Authenticator {
  let users = new Map<string, StoredUser>();
  let version = '';
  let checkedAt = Number.NEGATIVE_INFINITY;

  function load(): void {
    checkedAt = performance.now();
    const stat = statSync(path, { throwIfNoEntry: false });
    const found = stat ? `${stat.ino}:${stat.size}:${stat.mtimeMs}` : 'missing';
    if (found === version) return;
    version = found;
    if (!stat) {
      users = new Map();
      log.warn({ path }, 'there is no users file, so nobody can use the REST API');
      return;
    }
    try {
      const parsed = parseUsersFile(readFileSync(path, 'utf8'));
      users = parsed.users;
      for (const { line, problem } of parsed.bad) log.warn({ path, line }, `line ${line} of the users file is left out: ${problem}`);
      log.info({ path, users: users.size }, 'read the users file');
    } catch (error) {
      log.error({ path, err: error }, 'the users file cannot be read; the users stay as they were');
    }
  }

  load();
  return {
    challenge: `Basic realm="${realm}"`,
    authenticate(authorization) {
      const credentials = basicCredentials(authorization);
      if (!credentials) return undefined;
      if (performance.now() - checkedAt >= checkEveryMs) load();
      const user = users.get(credentials.user);
      const fits = passwordFits(user?.password ?? nobody, credentials.user, credentials.password);
      return user && fits ? { name: user.name, options: user.options } : undefined;
    },
  };
}
