import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { silentLog } from '../../base/index.ts';
import { ha1, parseStoredPassword, passwordFits } from './password.ts';
import { parseUsersFile, usersFileAuthenticator } from './users-file.ts';

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
    [...users.values()].map(({ name, options, password }) => [name, options, password.scheme]),
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
  assert.deepEqual(users.get('good')?.options, ['read', 'write']);
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
    const authenticator = usersFileAuthenticator(path, silentLog, 0);
    assert.equal(await authenticator.authenticate(basic('a:1')), undefined);
    await writeFile(path, 'a 1 write\n');
    assert.deepEqual(await authenticator.authenticate(basic('a:1')), { name: 'a', options: ['write'] });
    await writeFile(path, 'a 22 read\n');
    assert.equal(await authenticator.authenticate(basic('a:1')), undefined);
    assert.deepEqual(await authenticator.authenticate(basic('a:22')), { name: 'a', options: ['read'] });
    await rm(path);
    assert.equal(await authenticator.authenticate(basic('a:22')), undefined);
  }));

test('refuses headers that are no credentials', () =>
  inFolder(async (path) => {
    await writeFile(path, 'a 1 write\n');
    const authenticator = usersFileAuthenticator(path, silentLog);
    for (const header of [
      undefined,
      '',
      'Basic',
      'Bearer abc',
      basic(''),
      basic('a'),
      basic(':1'),
      basic('A:1'),
      basic('a:1 '),
      'Basic %%%',
    ]) {
      assert.equal(await authenticator.authenticate(header), undefined, String(header));
    }
    assert.ok(await authenticator.authenticate(`basic ${Buffer.from('a:1').toString('base64')}`));
  }));
