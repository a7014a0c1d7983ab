import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { silentLog } from '../../../base/index.ts';
import { Presented } from '../presented.ts';
import type { Answer, Scheme } from '../scheme.ts';
import { ha1, parseStoredPassword, passwordFits } from './password.ts';
import { parseUsersFile, usersFile } from './users-file.ts';

/** What the scheme makes of a header: not asked, why it refuses, or the options of the user. */
function ask(scheme: Scheme, authorization: string | undefined): string | readonly string[] {
  const claim = scheme.claim(new Presented(authorization === undefined ? {} : { authorization }, '192.0.2.1'));
  const answer = claim?.prove() as Answer | undefined;
  if (!answer) return 'not asked';
  if ('refused' in answer) return answer.refused;
  const { scheme: name, groups, options } = answer.principal;
  assert.deepEqual([name, groups, answer.principal.name], ['users-file', [], claim?.guess?.account]);
  return options;
}

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-users-'));
  try {
    await work(join(folder, 'users'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('reads the users file of a real cluster', () => {
  const text = `# user password access
admin secret write
reader look read
hashed {HA1}a94818d2f8e4be3f0279a25cdcb99406 write
`;
  const { users, bad } = parseUsersFile(text);
  assert.deepEqual(bad, []);
  assert.deepEqual(
    [...users.values()].map(({ principal: { name, options }, password }) => [name, options, password.scheme]),
    [
      ['admin', ['write'], 'cleartext'],
      ['reader', ['read'], 'cleartext'],
      ['hashed', ['write'], 'ha1'],
    ],
  );
});

test('leaves bad lines out and tells their numbers, never their text', () => {
  const { users, bad } = parseUsersFile('alone\n\n  # comment\nx {HA1}zz write\ny {MD5}abc\na:b pw\ngood pw read, write\n');
  assert.deepEqual(
    bad.map(({ line }) => line),
    [1, 4, 5, 6],
  );
  assert.deepEqual([...users.keys()], ['good']);
  assert.deepEqual(users.get('good')?.principal.options, ['read', 'write']);
});

test('a password fits only itself, plain and hashed', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (password, other) => {
      const hashed = { scheme: 'ha1', value: ha1('user', password) } as const;
      const stored = { scheme: 'cleartext', value: password } as const;
      for (const one of [hashed, stored]) {
        assert.ok(passwordFits(one, 'user', password));
        assert.equal(passwordFits(one, 'user', other), other === password);
      }
      assert.ok(!passwordFits(hashed, 'somebody else', password));
    }),
    { seed: 7 },
  );
});

test('the hash is that of Ganeti, and the schemes are read in any case', () => {
  // printf 'alice:Ganeti Remote API:wonderland' | md5sum
  const stored = parseStoredPassword('{ha1}0ddab11e0420a74bfccf3daef5dd5f69');
  assert.ok(stored && passwordFits(stored, 'alice', 'wonderland'));
  assert.deepEqual(parseStoredPassword('{Cleartext}{odd}'), { scheme: 'cleartext', value: '{odd}' });
});

test('takes up a changed file, and lets nobody in while there is none', () =>
  inFolder(async (path) => {
    const authenticator = usersFile(path, silentLog, 0);
    assert.equal(ask(authenticator, basic('a:1')), 'unknown-account');
    await writeFile(path, 'a 1 write\n');
    assert.deepEqual(ask(authenticator, basic('a:1')), ['write']);
    await writeFile(path, 'a 22 read\n');
    assert.equal(ask(authenticator, basic('a:1')), 'wrong-secret');
    assert.deepEqual(ask(authenticator, basic('a:22')), ['read']);
    await rm(path);
    assert.equal(ask(authenticator, basic('a:22')), 'unknown-account');
  }));

test('refuses headers that are no credentials', () =>
  inFolder(async (path) => {
    await writeFile(path, 'a 1 write\n');
    const authenticator = usersFile(path, silentLog);
    for (const header of [undefined, '', 'Basic', 'Bearer abc', basic(''), basic('a'), basic(':1'), 'Basic %%%'])
      assert.equal(ask(authenticator, header), 'not asked', String(header));
    assert.equal(ask(authenticator, basic('A:1')), 'unknown-account');
    assert.equal(ask(authenticator, basic('a:1 ')), 'wrong-secret');
    assert.deepEqual(ask(authenticator, `basic ${Buffer.from('a:1').toString('base64')}`), ['write']);
  }));

test('of a name that comes twice the later line holds; options are separated by commas, with or without blanks', () => {
  const { users, bad } = parseUsersFile('a 1 read\r\n#x y\r\n a  2   write , read,,\r\nb {cleartext} \n');
  assert.deepEqual(bad, []);
  assert.deepEqual(
    [...users.values()],
    [
      {
        password: { scheme: 'cleartext', value: '2' },
        principal: { name: 'a', scheme: 'users-file', groups: [], options: ['write', 'read'] },
      },
      { password: { scheme: 'cleartext', value: '' }, principal: { name: 'b', scheme: 'users-file', groups: [], options: [] } },
    ],
  );
});

test('why a line is left out is told with its number', () => {
  const { bad } = parseUsersFile('alone\nx {HA1}zz\na:b pw\n');
  assert.deepEqual(bad, [
    { line: 1, problem: 'it has no password' },
    { line: 2, problem: 'its password has an unknown scheme or a malformed hash' },
    { line: 3, problem: 'a user name cannot contain ":"' },
  ]);
});

test('stored passwords have one of the schemes', () => {
  assert.deepEqual(parseStoredPassword('plain}'), { scheme: 'cleartext', value: 'plain}' });
  assert.deepEqual(parseStoredPassword(`{HA1}${'AB'.repeat(16)}`), { scheme: 'ha1', value: 'ab'.repeat(16) });
  for (const text of [`{HA1}${'ab'.repeat(15)}`, `{HA1}${'ab'.repeat(17)}`, '{HA1}', '{MD5}x', '{cleartext', `{ha1}${'g'.repeat(32)}`])
    assert.equal(parseStoredPassword(text), undefined, text);
});

test('a user without a password, or with another, is nobody; an unknown one, too', () =>
  inFolder(async (path) => {
    await writeFile(path, 'a 1 write\nempty {cleartext}\n');
    const authenticator = usersFile(path, silentLog);
    assert.equal(authenticator.challenge, 'Basic realm="Ganeti Remote API"');
    for (const wrong of ['nobody:', 'nobody:1']) assert.equal(ask(authenticator, basic(wrong)), 'unknown-account', wrong);
    for (const wrong of ['a:', 'a:2', 'a:1x']) assert.equal(ask(authenticator, basic(wrong)), 'wrong-secret', wrong);
    assert.deepEqual(ask(authenticator, basic('a:1')), ['write']);
    assert.deepEqual(ask(authenticator, basic('empty:')), []);
  }));

test('a file is looked at again only after its time, and told when it changed', () =>
  inFolder(async (path) => {
    const told: string[] = [];
    const note = (facts: Record<string, unknown>, text: string) =>
      told.push(`${text} ${String(facts['users'] ?? facts['line'] ?? '')}`.trim());
    const log = { ...silentLog, info: note, warn: note, error: note } as unknown as typeof silentLog;
    await writeFile(path, 'a 1\nbad\n');
    const slow = usersFile(path, log, 60_000);
    const eager = usersFile(path, silentLog, 0);
    assert.deepEqual(told.splice(0), ['line 2 of the users file is left out: it has no password 2', 'read the users file 1']);
    await writeFile(path, 'bcd 1\n');
    assert.deepEqual(ask(slow, basic('a:1')), []);
    assert.equal(ask(eager, basic('a:1')), 'unknown-account');
    const always = usersFile(path, log, 0);
    ask(always, basic('a:1'));
    assert.deepEqual(told.splice(0), ['read the users file 1'], 'once while it stays');
    await rm(path);
    ask(always, basic('a:1'));
    assert.deepEqual(told, ['there is no users file, so nobody can use the REST API']);
  }));

test('while the file cannot be read the users stay as they were', () =>
  inFolder(async (path) => {
    await writeFile(path, 'a 1\n');
    const told: string[] = [];
    const log = { ...silentLog, error: (_: object, text: string) => told.push(text) } as unknown as typeof silentLog;
    const authenticator = usersFile(path, log, 0);
    await rm(path);
    await mkdir(path);
    assert.deepEqual(ask(authenticator, basic('a:1')), []);
    assert.deepEqual(told, ['the users file cannot be read; the users stay as they were']);
  }));
