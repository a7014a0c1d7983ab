import { readFileSync, statSync } from 'node:fs';
import { Type } from 'typebox';
import type { Log } from '../../../base/index.ts';
import type { Principal } from '../../principal.ts';
import { defineScheme, type Scheme } from '../scheme.ts';
import { parseStoredPassword, passwordFits, realm, type StoredPassword } from './password.ts';

const name = 'users-file';

interface StoredUser {
  readonly password: StoredPassword;
  readonly principal: Principal;
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
    const [user = '', secret, ...rest] = line.split(/\s+/);
    const password = secret === undefined ? undefined : parseStoredPassword(secret);
    if (secret === undefined) bad.push({ line: index + 1, problem: 'it has no password' });
    else if (!password) bad.push({ line: index + 1, problem: 'its password has an unknown scheme or a malformed hash' });
    else if (user.includes(':')) bad.push({ line: index + 1, problem: 'a user name cannot contain ":"' });
    else
      users.set(user, { password, principal: { name: user, scheme: name, groups: [], options: rest.join('').split(',').filter(Boolean) } });
  }
  return { users, bad };
}

const nobody: StoredPassword = { scheme: 'cleartext', value: '' };

/**
 * HTTP Basic against a users file, which is looked at again when a request comes more than `checkEveryMs` after the
 * last look. While the file is missing nobody is let in; while it cannot be read the users stay as they were.
 */
export function usersFile(path: string, log: Log, checkEveryMs = 1000): Scheme {
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
    claim({ basic }) {
      if (!basic) return undefined;
      return {
        guess: { account: basic.user, secret: basic.password },
        prove() {
          if (performance.now() - checkedAt >= checkEveryMs) load();
          const user = users.get(basic.user);
          const fits = passwordFits(user?.password ?? nobody, basic.user, basic.password);
          if (!user) return { refused: 'unknown-account' };
          return fits ? { principal: user.principal } : { refused: 'wrong-secret' };
        },
      };
    },
  };
}

export const usersFileScheme = defineScheme({
  name,
  summary: "HTTP Basic against Ganeti's users file",
  settings: Type.Object(
    { path: Type.String({ minLength: 1, format: 'path', description: 'The file; it is read again when it changes' }) },
    { additionalProperties: false },
  ),
  open: ({ path }, { log }) => usersFile(path, log),
});
