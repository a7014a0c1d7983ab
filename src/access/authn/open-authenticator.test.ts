import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Type } from 'typebox';
import { silentLog, systemClock } from '../../base/index.ts';
import { openAuthenticator, readAuthenticationSettings } from './open-authenticator.ts';
import { Presented } from './presented.ts';
import { defineScheme } from './scheme.ts';
import { schemes } from './schemes.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-authentication-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const context = { log: silentLog, clock: systemClock };
const written = async (text: string): Promise<string> => {
  const path = join(folder, 'authentication.json');
  await writeFile(path, text);
  return path;
};

test('without a settings file the users file counts alone', async () => {
  assert.deepEqual(await readAuthenticationSettings(join(folder, 'none.json'), '/x/users'), {
    chain: [{ scheme: 'users-file', path: '/x/users' }],
  });
});

test('the settings file names schemes in their order; its paths are relative to it', async () => {
  const path = await written('{"chain": [{"scheme": "users-file", "path": "staff"}, {"scheme": "users-file", "path": "/etc/users"}]}');
  assert.deepEqual(await readAuthenticationSettings(path, '/x/users'), {
    chain: [
      { scheme: 'users-file', path: join(folder, 'staff') },
      { scheme: 'users-file', path: '/etc/users' },
    ],
  });
});

test('a user is found in the first file that has the name', async () => {
  const path = await written('{"chain": [{"scheme": "users-file", "path": "staff"}, {"scheme": "users-file", "path": "guests"}]}');
  await writeFile(join(folder, 'staff'), 'alice one write\n');
  await writeFile(join(folder, 'guests'), 'alice two read\nbob three read\n');
  const authenticator = await openAuthenticator(await readAuthenticationSettings(path, ''), context);
  const ask = async (credentials: string) =>
    authenticator.claim(new Presented({ authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }, '::1'))?.prove();
  const principal = (name: string, option: string) => ({ principal: { name, scheme: 'users-file', groups: [], options: [option] } });
  assert.deepEqual(await ask('alice:one'), principal('alice', 'write'));
  assert.deepEqual(await ask('alice:two'), { refused: 'wrong-secret' });
  assert.deepEqual(await ask('bob:three'), principal('bob', 'read'));
  assert.deepEqual(await ask('carol:one'), { refused: 'unknown-account' });
});

const refusals: [what: string, text: string, problem: RegExp][] = [
  ['no JSON', '{', /JSON/],
  ['no chain', '{}', /chain/],
  ['nobody could get in', '{"chain": []}', /chain/],
  ['an unknown member', '{"chain": [{"scheme": "users-file", "path": "u"}], "x": 1}', /"x".*not known/],
  [
    'an unknown scheme',
    '{"chain": [{"scheme": "user-file", "path": "u"}]}',
    /"user-file" is not an authentication scheme; did you mean users-file/,
  ],
  ['the name of the master itself', '{"chain": [{"scheme": "internal"}]}', /not an authentication scheme/],
];
for (const [what, text, problem] of refusals) {
  test(`settings are refused: ${what}`, async () => {
    const path = await written(text);
    await assert.rejects(readAuthenticationSettings(path, ''), (error: Error & { code: string; facts: Record<string, string> }) => {
      assert.equal(error.code, 'AUTHENTICATION_SETTINGS_UNUSABLE');
      assert.match(String(error.facts['problem']), problem);
      return true;
    });
  });
}

test('a file that cannot be read is not taken for none', async () => {
  await assert.rejects(readAuthenticationSettings(folder, ''), { code: 'AUTHENTICATION_SETTINGS_UNUSABLE' });
});

test("settings are checked by their scheme's schema before any scheme is opened", async () => {
  const opened: string[] = [];
  const trial = defineScheme({
    name: 'trial',
    summary: '',
    settings: Type.Object({ url: Type.String() }, { additionalProperties: false }),
    open: ({ url }) => {
      opened.push(url);
      return { claim: () => undefined };
    },
  });
  const bad = [{ scheme: 'trial', url: 'a' }, { scheme: 'trial' }, { scheme: 'trial', url: 'b', more: 1 }];
  await assert.rejects(openAuthenticator({ chain: bad.slice(0, 2) }, context, [trial]), { code: 'INPUT_INVALID' });
  await assert.rejects(openAuthenticator({ chain: [bad[0] as never, bad[2] as never] }, context, [trial]), { code: 'INPUT_INVALID' });
  assert.deepEqual(opened, []);
  await openAuthenticator({ chain: [{ scheme: 'trial', url: 'a' }] }, context, [trial]);
  assert.deepEqual(opened, ['a']);
});

test('when a scheme cannot be opened, those before it are closed', async () => {
  const closed: string[] = [];
  const trial = defineScheme({
    name: 'trial',
    summary: '',
    settings: Type.Object({ url: Type.String() }),
    open: ({ url }) => {
      if (url === 'bad') throw new Error('cannot be opened');
      return { claim: () => undefined, close: () => void closed.push(url) };
    },
  });
  const chain = ['a', 'bad'].map((url) => ({ scheme: 'trial', url }));
  await assert.rejects(openAuthenticator({ chain }, context, [trial]), /cannot be opened/);
  assert.deepEqual(closed, ['a']);
});

test('each scheme has its own name, and none is that of the master', () => {
  const names = schemes.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^(?!internal$)[a-z][a-z0-9-]*$/);
});
