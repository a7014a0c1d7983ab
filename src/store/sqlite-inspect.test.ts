import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { before, describe, it } from 'node:test';
import { openSqliteFile } from './sqlite-file.ts';
import { entrySum, makeSeal, readSeal, sealFile, totalModulus } from './sqlite-seal.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

// What is looked at when a file is opened, one fault at a time, on a store of two entries and revision 2.

const directory = await temporaryDirectory();
const base = join(directory, 'base.db');
let files = 0;

before(async () => {
  const store = await openSqliteStore(base);
  for (const key of ['/a', '/b']) await store.transact({ compares: [], writes: [{ type: 'put', key, value: 'v' }] });
  await store.close();
});

/** A copy of the store, changed by SQL. */
function copy(sql = ''): string {
  const path = join(directory, `copy-${files++}.db`);
  copyFileSync(base, path);
  copyFileSync(sealFile(base), sealFile(path));
  if (sql === '') return path;
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
  return path;
}

const sums = (...entries: readonly (readonly [string, string, number])[]) =>
  entries.reduce((sum, [key, value, revision]) => (sum + entrySum(key, value, revision, revision)) % totalModulus, 0);
const whole = sums(['/a', 'v', 1], ['/b', 'v', 2]);

/** The keys of the store, or the code of the refusal and its facts. */
async function opened(path: string, asIs = false): Promise<unknown> {
  try {
    const store = await openSqliteStore(path, { asIs });
    const { entries, revision } = await store.range('');
    await store.close();
    return [revision, ...entries.map(({ key, value }) => `${key} ${value}`)];
  } catch (error) {
    const { code, facts } = error as { code: string; facts: Record<string, unknown> };
    return code === 'STORE_LOST_CHANGES' ? [code, facts['found'], facts['sealed']] : code;
  }
}
const fine = [2, '/a v', '/b v'];

describe('a file that is opened', () => {
  it('is as it was', async () => {
    assert.deepEqual(readSeal(base), { revision: 2, total: whole });
    assert.deepEqual(await opened(copy()), fine);
    assert.deepEqual(await opened(copy(), true), fine);
  });

  it('makes sure of every commit, and keeps its log small', () => {
    const path = copy();
    const db = openSqliteFile(path);
    const pragma = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    const found = ['synchronous', 'journal_mode', 'journal_size_limit', 'user_version', 'application_id'].map(pragma);
    db.close();
    assert.deepEqual(found, [2, 'wal', 67_108_864, 2, 0x476e7479]);
  });

  it('has what its seal tells, or more', async () => {
    const sealed = async (revision: number, total = whole) => {
      const path = copy();
      makeSeal(path, { revision, total });
      return opened(path);
    };
    assert.deepEqual(await sealed(2), fine);
    assert.deepEqual(await sealed(1, 1), fine, 'a seal may be behind');
    assert.deepEqual(await sealed(3), ['STORE_LOST_CHANGES', 2, 3]);
    assert.equal(await sealed(2, whole + 1), 'STORE_CORRUPT');
    const path = copy();
    rmSync(sealFile(path));
    assert.deepEqual(await opened(path), ['STORE_LOST_CHANGES', 2, `(unknown: ${sealFile(path)} is missing or damaged)`]);
  });

  it('has the entries that were written', async () => {
    const changed = sums(['/a', 'x', 1], ['/b', 'v', 2]);
    assert.equal(await opened(copy("UPDATE entry SET value = 'x' WHERE key = '/a'")), 'STORE_CORRUPT');
    assert.equal(await opened(copy('UPDATE state SET total = total + 1')), 'STORE_CORRUPT');
    const both = `UPDATE entry SET value = 'x' WHERE key = '/a'; UPDATE state SET total = ${changed}`;
    assert.equal(await opened(copy(both)), 'STORE_CORRUPT', 'although its own sum fits');
    const behind = copy(both);
    makeSeal(behind, { revision: 1, total: 5 });
    assert.deepEqual(await opened(behind), [2, '/a x', '/b v'], 'of a later revision the seal does not know');
  });

  it('is taken as it is by whoever says so, and sealed anew', async () => {
    for (const sql of ["UPDATE entry SET value = 'x' WHERE key = '/a'", 'UPDATE state SET total = 0', '']) {
      const path = copy(sql);
      if (sql === '') rmSync(sealFile(path));
      else makeSeal(path, { revision: 9, total: 9 });
      const found = await opened(path, true);
      assert.ok(Array.isArray(found) && found[0] === 2);
      assert.deepEqual(await opened(path), found, 'from then on it is whole');
      assert.equal(readSeal(path)?.revision, 2);
    }
  });

  it('of the version without sums is brought up', async () => {
    const old = 'ALTER TABLE state DROP COLUMN total; PRAGMA user_version = 1';
    const path = copy(old);
    rmSync(sealFile(path));
    assert.deepEqual([await opened(path), readSeal(path)], [fine, { revision: 2, total: whole }]);
    assert.deepEqual(await opened(copy(old)), fine, 'a seal beside it holds, too');
    const lost = copy(old);
    makeSeal(lost, { revision: 3, total: whole });
    assert.deepEqual(await opened(lost), ['STORE_LOST_CHANGES', 2, 3]);
    const changed = copy(`${old}; UPDATE entry SET value = 'x' WHERE key = '/a'`);
    assert.equal(await opened(changed), 'STORE_CORRUPT');
  });

  it('is refused when it is newer, of another program, or no database; nothing is left beside it', async () => {
    const refused = async (path: string) => {
      const names = readdirSync(directory);
      const { mtimeMs, size } = statSync(path);
      const code = await opened(path);
      assert.deepEqual([readdirSync(directory), statSync(path).mtimeMs, statSync(path).size], [names, mtimeMs, size]);
      return code;
    };
    assert.equal(await refused(copy('PRAGMA journal_mode = DELETE; PRAGMA user_version = 3')), 'STORE_VERSION_NEWER');
    assert.equal(await refused(copy('PRAGMA journal_mode = DELETE; PRAGMA application_id = 7')), 'STORE_CORRUPT');
    for (const content of ['notes', 'x'.repeat(5000), `SQLite format 3\0${'x'.repeat(5000)}`]) {
      const path = join(directory, `copy-${files++}.db`);
      writeFileSync(path, content);
      assert.equal(await refused(path), 'STORE_CORRUPT', content.slice(0, 20));
    }
  });

  it('is made where there is none, but not in place of one that is lost', async () => {
    const place = () => join(directory, `copy-${files++}.db`);
    const fresh = place();
    assert.deepEqual([await opened(fresh), readSeal(fresh)], [[0], { revision: 0, total: 0 }]);
    assert.equal(statSync(fresh).mode & 0o777, 0o600);
    const lost = place();
    makeSeal(lost, { revision: 1, total: 1 });
    assert.deepEqual(await opened(lost), ['STORE_LOST_CHANGES', 0, 1]);
    assert.deepEqual(await opened(lost, true), [0]);
    const unused = place();
    makeSeal(unused, { revision: 0, total: 0 });
    assert.deepEqual(await opened(unused), [0]);
    for (const [log, outcome] of [
      ['', [0]],
      ['x', 'STORE_CORRUPT'],
    ] as const) {
      const empty = place();
      writeFileSync(empty, '');
      writeFileSync(`${empty}-wal`, log);
      assert.deepEqual(await opened(empty), outcome);
    }
    assert.equal(await opened(join(directory, 'none', 'store.db')), 'STORE_UNAVAILABLE');
    assert.ok(!existsSync(join(directory, 'none')));
  });
});
