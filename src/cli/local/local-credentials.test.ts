import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ensureCredentials } from './local-credentials.ts';

const dir = await mkdtemp(join(tmpdir(), 'gantry-credentials-'));
after(() => rm(dir, { recursive: true, force: true }));

const [credentials, users] = [join(dir, 'credentials'), join(dir, 'users')];
const read = (path: string) => readFile(path, 'utf8');

test('a password is made once, kept for its owner alone, and made anew when it is lost; other users stay', async () => {
  await writeFile(users, '# comment\nreader {HA1}0123 read\n', { mode: 0o600 });
  await ensureCredentials(credentials, users);
  const first = await read(credentials);
  assert.match(first, /^admin [\w-]{32}\n$/);
  assert.equal((await stat(credentials)).mode & 0o777, 0o600);
  assert.equal(await read(users), `# comment\nreader {HA1}0123 read\n${first.trim()} write\n`);

  await ensureCredentials(credentials, users);
  assert.equal(await read(credentials), first);

  await rm(credentials);
  await ensureCredentials(credentials, users);
  const second = await read(credentials);
  assert.notEqual(second, first);
  assert.equal(await read(users), `# comment\nreader {HA1}0123 read\n${second.trim()} write\n`);
});
