import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { GantryError, seededRandom, silentLog, systemClock } from '../base/index.ts';
import { keys } from '../model/index.ts';
import { formatBackup, readBackup, readContent, replaceContent } from './backup.ts';
import { ensureEpoch } from './epoch.ts';
import { campaign } from './leadership.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';
import { delegateStore } from './testing/delegate-store.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const directory = await temporaryDirectory();
let files = 0;
const newPath = () => join(directory, `${files++}`);
const put = (key: string, value: string) => ({ type: 'put', key, value }) as const;
const lead = (store: Store) =>
  campaign(store, { name: 'one', ttlSeconds: 60, clock: systemClock, log: silentLog, signal: new AbortController().signal });

/** Many keys, some of them large, with all kinds of characters. */
async function filled(count: number): Promise<Store> {
  const store = await openSqliteStore(newPath());
  await store.transact({ compares: [], writes: [put(keys.cluster, '{"name":"ä\\n\u{1f40e}"}')] });
  for (let index = 0; index < count; index++) {
    await store.transact({ compares: [], writes: [put(`/k/${index}\n"`, 'x'.repeat(index % 7 === 0 ? 300_000 : 10))] });
  }
  return store;
}

test('what was backed up is what is restored, and nothing else; who leads is no part of it', async () => {
  const store = await filled(250);
  const leadership = await lead(store);
  const content = await readContent(store);
  assert.equal(content.size, 251);
  const path = newPath();
  await writeFile(path, formatBackup({ content, made: 17 }));
  const backup = await readBackup(path);
  assert.deepEqual([backup.made, backup.content], [17, content]);
  await assert.rejects(replaceContent(store, content, path), { code: 'STORE_IN_USE' });
  await leadership.resign();
  const other = await filled(5);
  await other.transact({ compares: [], writes: [put('/new', 'is gone afterwards'), put('/k/1\n"', 'is as before')] });
  await replaceContent(other, backup.content, path);
  assert.deepEqual(await readContent(other), content);
  assert.equal(await other.get(keys.restoring), undefined);
  await Promise.all([store.close(), other.close()]);
});

test('a content that the store cannot take is refused before anything is written', async () => {
  const store = await openSqliteStore(newPath());
  const whole = { [keys.cluster]: '{}', '/big': 'x' };
  for (const [key, value] of [
    ['/big', 'x'.repeat(2 ** 20 + 1)],
    ['/half', '\ud800'],
    ['/a\0b', ''],
  ] as const) {
    const content = new Map(Object.entries({ ...whole, [key]: value }));
    await assert.rejects(replaceContent(store, content, 'b'), { code: 'STORE_OBJECT_TOO_LARGE', message: new RegExp(key.slice(0, 2)) });
    assert.equal((await store.range('')).entries.length, 0);
  }
  await store.close();
});

test('a backup that is damaged or cut anywhere is refused', async () => {
  const store = await filled(20);
  const text = formatBackup({ content: await readContent(store), made: 1 });
  await store.close();
  const random = seededRandom(10);
  const path = newPath();
  const refuses = async (bytes: Buffer | string) => {
    await writeFile(path, bytes);
    await assert.rejects(readBackup(path), { code: 'STORE_BACKUP_UNUSABLE' });
  };
  for (const other of ['', '\n', '{}\n{}\n', 'notes\n', '{"gantry_backup":2}\n{}\n']) await refuses(other);
  for (let round = 0; round < 60; round++) {
    const at = Math.floor(random() * text.length);
    await refuses(text.slice(0, at));
    const flipped = Buffer.from(text);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    await refuses(flipped);
  }
  await assert.rejects(readBackup(join(directory, 'none')), { code: 'STORE_BACKUP_UNUSABLE' });
});

test('no master leads on half of a backup; the restore can be done again to its end', async () => {
  const content = await readContent(await filled(250));
  const store = await openSqliteStore(newPath());
  let writes = 0;
  const dying = delegateStore(store, {
    transact: (transaction) =>
      ++writes > 2 ? Promise.reject(new GantryError('CANCELLED', { subject: 'it' })) : store.transact(transaction),
  });
  await assert.rejects(replaceContent(dying, content, 'some.backup'), { code: 'CANCELLED' });
  const leadership = await lead(store);
  await assert.rejects(ensureEpoch(store, leadership.compare), { code: 'STORE_RESTORING' });
  await leadership.resign();
  await replaceContent(store, content, 'some.backup');
  assert.deepEqual(await readContent(store), content);
  const next = await lead(store);
  const epoch = await ensureEpoch(store, next.compare);
  assert.match(epoch, /^[\da-f]{32}$/);
  assert.equal(await ensureEpoch(store, next.compare), epoch);
  await next.resign();
  await store.transact({ compares: [], writes: [{ type: 'delete', key: keys.epoch }] });
  await assert.rejects(ensureEpoch(store, next.compare), { code: 'FENCED' });
  await store.close();
});
