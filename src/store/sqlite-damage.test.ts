import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { seededRandom } from '../base/index.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Entry } from './store.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const directory = await temporaryDirectory();
const parts = ['', '-wal', '-seal'] as const;
const told = ['STORE_LOST_CHANGES', 'STORE_CORRUPT'];
const put = (key: string, value: string) => ({ compares: [], writes: [{ type: 'put', key, value } as const] });
const hasCode = (code: string) => (error: unknown) => error instanceof Error && 'code' in error && error.code === code;

interface Saved {
  readonly name: string;
  readonly entries: readonly Entry[];
}

function copy(from: string, to: string): void {
  for (const part of [...parts, '-shm']) rmSync(to + part, { force: true });
  for (const part of parts) if (existsSync(from + part)) copyFileSync(from + part, to + part);
}

/** A store as a master leaves it that was killed (with a log), or ended in order (without). */
async function saved(name: string, ended: boolean): Promise<Saved> {
  const [live, kept] = [join(directory, `${name}-live.db`), join(directory, `${name}.db`)];
  const store = await openSqliteStore(live);
  for (let index = 0; index < 60; index++) {
    await store.transact(put(`/jobs/${index % 40}`, JSON.stringify({ number: index, text: 'x'.repeat(index * 10) })));
  }
  await store.transact({ compares: [], writes: [{ type: 'delete', key: '/jobs/3' }] });
  const { entries } = await store.range('');
  if (!ended) copy(live, kept);
  await store.close();
  if (ended) copy(live, kept);
  return { name: kept, entries };
}

/** Opens it: either everything is there that was acknowledged, or what is wrong is told. */
async function isToldOrWhole(name: string, { entries }: Saved, what: string): Promise<string> {
  try {
    const store = await openSqliteStore(name);
    const found = (await store.range('')).entries;
    await store.close();
    assert.deepEqual(found, entries, `${what}: something is missing or different, and nothing was said`);
    return 'whole';
  } catch (error) {
    const { code = '' } = error as { code?: string };
    assert.ok(told.includes(code), `${what}: ${String(error)}`);
    return code;
  }
}

async function damage(original: Saved, part: (typeof parts)[number], rounds: number, harm: (bytes: Buffer, at: number) => Buffer) {
  const random = seededRandom(rounds);
  const bytes = readFileSync(original.name + part);
  const outcomes: Record<string, number> = {};
  for (let round = 0; round < rounds; round++) {
    const at = Math.floor(random() * bytes.length);
    const name = join(directory, 'damaged.db');
    copy(original.name, name);
    writeFileSync(name + part, harm(Buffer.from(bytes), at));
    const outcome = await isToldOrWhole(name, original, `${part || 'database'} at byte ${at}`);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  return outcomes;
}

const flip = (bytes: Buffer, at: number) => {
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  return bytes;
};
const cut = (bytes: Buffer, at: number) => bytes.subarray(0, at);

test('a log that is flipped or cut anywhere is told, with what to do', async () => {
  const original = await saved('log', false);
  assert.equal(await isToldOrWhole(original.name, original, 'undamaged'), 'whole');
  const again = await saved('log2', false);
  for (const harm of [flip, cut]) assert.ok(((await damage(again, '-wal', 60, harm))['STORE_LOST_CHANGES'] ?? 0) >= 55, harm.name);
  const none = join(directory, 'none.db');
  copy(again.name, none);
  rmSync(`${none}-wal`);
  await assert.rejects(openSqliteStore(none), (error: { code: string; todo?: string }) => told.includes(error.code));
});

test('a value that is flipped in the database is told', async () => {
  const original = await saved('database', true);
  const outcomes = await damage(original, '', 300, flip);
  assert.ok((outcomes['STORE_CORRUPT'] ?? 0) > 10, JSON.stringify(outcomes));
  // Well formed for SQLite and for JSON, but not what was written.
  const name = join(directory, 'changed.db');
  for (const sql of [
    "UPDATE entry SET value = replace(value, '45', '46') WHERE key = '/jobs/5'",
    "DELETE FROM entry WHERE key = '/jobs/7'",
    "INSERT INTO entry VALUES ('/jobs/99', '{}', 1, 1, NULL)",
    "UPDATE entry SET mod_revision = 1 WHERE key = '/jobs/8'",
  ]) {
    copy(original.name, name);
    const db = new DatabaseSync(name);
    db.exec(sql);
    db.close();
    await assert.rejects(openSqliteStore(name), hasCode('STORE_CORRUPT'), sql);
  }
});

test('a seal that is damaged, missing, or of another file lets nothing wrong pass', async () => {
  const original = await saved('sealed', false);
  await damage(original, '-seal', 40, flip);
  const name = join(directory, 'unsealed.db');
  copy(original.name, name);
  rmSync(`${name}-seal`);
  await assert.rejects(openSqliteStore(name), hasCode('STORE_LOST_CHANGES'));
  const other = await saved('other', true);
  copy(other.name, name);
  const db = new DatabaseSync(name);
  db.exec("UPDATE entry SET value = 'other' WHERE key = '/jobs/5'; UPDATE state SET total = 4711");
  db.close();
  await assert.rejects(openSqliteStore(name), hasCode('STORE_CORRUPT'));
  rmSync(name);
  await assert.rejects(openSqliteStore(name), hasCode('STORE_LOST_CHANGES'), 'a new file in place of one that is gone');
});

test('whoever accepts the loss goes on with what is left, and is protected again', async () => {
  const original = await saved('accepted', false);
  const name = join(directory, 'cut.db');
  copy(original.name, name);
  const log = readFileSync(`${name}-wal`);
  writeFileSync(`${name}-wal`, log.subarray(0, log.length / 2));
  await assert.rejects(openSqliteStore(name), hasCode('STORE_LOST_CHANGES'));
  const accepted = await openSqliteStore(name, { asIs: true });
  const left = (await accepted.range('')).entries.length;
  assert.ok(left > 0);
  await accepted.transact(put('/more', '1'));
  await accepted.close();
  const store = await openSqliteStore(name);
  assert.equal((await store.range('')).entries.length, left + 1);
  await store.close();
});

test('a file of the version without sums is brought up, and protected from then on', async () => {
  const original = await saved('old', true);
  const name = join(directory, 'version1.db');
  copy(original.name, name);
  const db = new DatabaseSync(name);
  db.exec('ALTER TABLE state DROP COLUMN total; PRAGMA user_version = 1');
  db.close();
  rmSync(`${name}-seal`);
  for (const _ of ['brought up', 'as it is now']) assert.equal(await isToldOrWhole(name, original, 'version 1'), 'whole');
  const changed = new DatabaseSync(name);
  changed.exec("UPDATE entry SET value = 'x' WHERE key = '/jobs/5'");
  changed.close();
  await assert.rejects(openSqliteStore(name), hasCode('STORE_CORRUPT'));
});

test('a file of version 1 that was brought up is told, too, when the log with its new version is lost', async () => {
  const [live, name] = [join(directory, 'old-live.db'), join(directory, 'old.db')];
  await (await openSqliteStore(live)).close();
  const db = new DatabaseSync(live);
  db.exec('ALTER TABLE state DROP COLUMN total; PRAGMA user_version = 1');
  db.close();
  rmSync(`${live}-seal`);
  const store = await openSqliteStore(live);
  await store.transact(put('/jobs/1', '{}'));
  copy(live, name);
  await store.close();
  rmSync(`${name}-wal`);
  await assert.rejects(openSqliteStore(name), hasCode('STORE_LOST_CHANGES'));
  copy(live, name);
  await (await openSqliteStore(name)).close();
});

test('a rollback journal beside a store that was used, or a flipped version, hides no damage', async () => {
  const original = await saved('journal', false);
  const name = join(directory, 'hidden.db');
  const half = readFileSync(`${original.name}-wal`).subarray(0, 20_000);
  copy(original.name, name);
  writeFileSync(`${name}-wal`, half);
  writeFileSync(`${name}-journal`, '');
  await assert.rejects(openSqliteStore(name), (error: { code: string }) => told.includes(error.code));
  rmSync(`${name}-journal`);
  const ended = await saved('version', true);
  copy(ended.name, name);
  const db = new DatabaseSync(name);
  db.exec("DELETE FROM entry WHERE key = '/jobs/7'; PRAGMA user_version = 1");
  db.close();
  await assert.rejects(openSqliteStore(name), (error: { code: string }) => told.includes(error.code));
});
