import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { run } from '../base/index.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const directory = await temporaryDirectory();
let files = 0;
const newPath = () => join(directory, `file-${files++}.db`);
const put = (key: string, value: string) => ({ compares: [], writes: [{ type: 'put', key, value } as const] });
const hasCode = (code: string) => (error: unknown) => error instanceof Error && 'code' in error && error.code === code;

async function filled(): Promise<string> {
  const path = newPath();
  const store = await openSqliteStore(path);
  for (let index = 0; index < 50; index++) await store.transact(put(`/filled/${index}`, 'x'.repeat(1000)));
  await store.close();
  return path;
}

/** The file is refused with this code, is as it was, and nothing lies beside it. */
async function assertRefused(path: string, code: string): Promise<void> {
  const before = readFileSync(path);
  const beside = readdirSync(directory);
  await assert.rejects(openSqliteStore(path), hasCode(code));
  assert(before.equals(readFileSync(path)), 'the file was not touched');
  assert.deepEqual(readdirSync(directory), beside);
}

test('a new store is readable by its owner alone', async () => {
  const path = newPath();
  const store = await openSqliteStore(path);
  await store.transact(put('/a', '1'));
  for (const name of [path, `${path}-wal`]) assert.equal(statSync(name).mode & 0o777, 0o600);
  await store.close();
});

test('a directory that does not exist is an error of the world', async () => {
  await assert.rejects(openSqliteStore(join(directory, 'missing', 'store.db')), hasCode('STORE_UNAVAILABLE'));
});

test('a file that is not SQLite is refused', async () => {
  const path = newPath();
  writeFileSync(path, 'these are the notes of somebody\n'.repeat(1000));
  await assertRefused(path, 'STORE_CORRUPT');
});

test('the SQLite file of another program is refused', async () => {
  const path = newPath();
  const db = new DatabaseSync(path);
  db.exec('CREATE TABLE songs (title TEXT)');
  db.close();
  await assertRefused(path, 'STORE_CORRUPT');
});

test('a newer version is refused', async () => {
  const path = await filled();
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = DELETE; PRAGMA user_version = 3');
  db.close();
  await assertRefused(path, 'STORE_VERSION_NEWER');
});

test('a file that was cut short is refused', async () => {
  const path = await filled();
  writeFileSync(path, readFileSync(path).subarray(0, -8192));
  await assertRefused(path, 'STORE_CORRUPT');
});

test('a file with overwritten pages is refused', async () => {
  const path = await filled();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, 8192, 16_384));
  await assertRefused(path, 'STORE_CORRUPT');
});

test('an empty file with a log beside it is refused', async () => {
  const path = newPath();
  writeFileSync(path, '');
  writeFileSync(`${path}-wal`, 'x'.repeat(100));
  await assertRefused(path, 'STORE_CORRUPT');
});

test('several processes may make the store at the same time', async () => {
  const path = newPath();
  const script = `
    const { openSqliteStore } = await import(process.argv[1]);
    const store = await openSqliteStore(process.argv[2]);
    await store.transact({ compares: [], writes: [{ type: 'put', key: '/' + process.pid, value: '' }] });
    await store.close();
  `;
  const module = join(import.meta.dirname, 'sqlite-store.ts');
  const makers = [1, 2, 3].map(() => spawn(process.execPath, ['--input-type=module', '-e', script, module, path], { stdio: 'inherit' }));
  for (const [code] of await Promise.all(makers.map((maker) => once(maker, 'exit')))) assert.equal(code, 0);
  const store = await openSqliteStore(path);
  assert.equal((await store.range('/')).entries.length, 3);
  await store.close();
});

test('a full disk refuses the change, keeps the rest, and is over when there is room again', async () => {
  const mountPoint = join(directory, 'small');
  await mkdir(mountPoint);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'gantry-small', mountPoint]);
  try {
    const store = await openSqliteStore(join(mountPoint, 'store.db'));
    const filler = join(mountPoint, 'filler');
    writeFileSync(filler, Buffer.alloc(1024 * 1024));
    const kept: string[] = [];
    const fill = async () => {
      for (let index = 0; index < 100; index++) {
        await store.transact(put(`/fill/${index}`, 'x'.repeat(100_000)));
        kept.push(`/fill/${index}`);
      }
    };
    await assert.rejects(fill(), hasCode('STORE_FULL'));
    assert.deepEqual((await store.range('/fill/')).entries.map(({ key }) => key).sort(), kept.sort());
    rmSync(filler);
    assert.equal((await store.transact(put('/after', '1'))).committed, true);
    await store.close();
    const reopened = await openSqliteStore(join(mountPoint, 'store.db'));
    assert.equal((await reopened.range('')).entries.length, kept.length + 1);
    await reopened.close();
  } finally {
    await run('umount', [mountPoint]);
  }
});
