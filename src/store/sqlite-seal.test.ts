import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { GantryError } from '../base/index.ts';
import { sqliteError } from './sqlite-error.ts';
import { entrySum, makeSeal, readSeal, SqliteSeal, sealFile } from './sqlite-seal.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const directory = await temporaryDirectory();
let files = 0;
const newStore = () => join(directory, `${files++}.db`);
const slot = (store: string, number: 0 | 1) => readFileSync(sealFile(store), 'latin1').slice(number * 64, (number + 1) * 64);

describe('a seal', () => {
  it('tells what it was made with, to its owner alone', () => {
    const store = newStore();
    assert.equal(readSeal(store), undefined);
    makeSeal(store, { revision: 7, total: 123 });
    assert.deepEqual(readSeal(store), { revision: 7, total: 123 });
    const { mode, size } = statSync(sealFile(store));
    assert.deepEqual([mode & 0o777, size], [0o600, 128]);
    makeSeal(store, { revision: 3, total: 4 });
    assert.deepEqual(readSeal(store), { revision: 3, total: 4 }, 'an accepted state may be older');
  });

  it('is written in two slots in turn, and the newer one counts', () => {
    const store = newStore();
    makeSeal(store, { revision: 1, total: 10 });
    const seal = new SqliteSeal(store);
    for (const revision of [2, 3, 4]) seal.write({ revision, total: revision * 10 });
    assert.deepEqual([slot(store, 0).split(' ')[0], slot(store, 1).split(' ')[0]], ['3', '4']);
    seal.close();
    assert.deepEqual(readSeal(store), { revision: 4, total: 40 });
  });

  it('tells of the slot that is whole when the other one is damaged', () => {
    const store = newStore();
    makeSeal(store, { revision: 1, total: 10 });
    const seal = new SqliteSeal(store);
    seal.write({ revision: 2, total: 20 });
    seal.close();
    const bytes = readFileSync(sealFile(store));
    const damaged = (at: number) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      writeFileSync(sealFile(store), copy);
      return readSeal(store)?.revision;
    };
    // Byte 54 only keeps the sum apart, and the last one ends the line.
    for (const at of [0, 1, 2, 3, 30, 53, 55, 62]) assert.deepEqual([damaged(at), damaged(64 + at)], [2, 1], `byte ${at}`);
    writeFileSync(sealFile(store), bytes.subarray(0, 100));
    assert.equal(readSeal(store)?.revision, 1, 'cut in the middle of a slot');
    writeFileSync(sealFile(store), '');
    assert.equal(readSeal(store), undefined);
  });

  it('closes its file, and a disk that takes nothing ends nothing', () => {
    const store = newStore();
    makeSeal(store, { revision: 1, total: 10 });
    const next = () => {
      const fd = openSync(sealFile(store), 'r');
      closeSync(fd);
      return fd;
    };
    const before = next();
    const seal = new SqliteSeal(store);
    seal.close();
    assert.equal(next(), before, 'the descriptor is free again');
    seal.write({ revision: 2, total: 20 });
    assert.deepEqual(readSeal(store), { revision: 1, total: 10 });
  });
});

describe('the sum of an entry', () => {
  it('is of its key, its value and its revisions, each in its place', () => {
    const all = [
      entrySum('a', 'b', 1, 2),
      entrySum('b', 'a', 1, 2),
      entrySum('a', 'b', 2, 1),
      entrySum('a', 'b', 1, 3),
      entrySum('ab', '', 1, 2),
      entrySum('', 'ab', 1, 2),
      entrySum('a\0', 'b', 1, 2),
    ];
    assert.equal(new Set(all).size, all.length);
    for (const sum of all) assert.ok(Number.isInteger(sum) && sum >= 0 && sum < 2 ** 32);
    // As it is in the files that are out there.
    assert.equal(entrySum('/config/cluster', '{"a":1}', 5, 9), 489_530_756);
  });
});

describe('errors of SQLite and of files', () => {
  it('become errors of the catalogue; defects and our own stay', () => {
    const of = (fields: object, thrown: unknown = Object.assign(new Error('detail'), fields)) => {
      const error = sqliteError(thrown, '/the/store');
      if (error === thrown) return 'the same';
      assert.ok(error instanceof GantryError);
      assert.deepEqual([error.facts, error.cause], [{ store: '/the/store', detail: 'detail' }, thrown]);
      return error.code;
    };
    const codes: [number, string][] = [
      ...[13, 13 | (1 << 8)].map((code): [number, string] => [code, 'STORE_FULL']),
      ...[11, 26, 11 | (2 << 8)].map((code): [number, string] => [code, 'STORE_CORRUPT']),
      ...[3, 5, 6, 8, 10, 14, 10 | (3 << 8)].map((code): [number, string] => [code, 'STORE_UNAVAILABLE']),
      ...[1, 19, 21].map((code): [number, string] => [code, 'the same']),
    ];
    for (const [errcode, code] of codes) assert.equal(of({ errcode }), code, String(errcode));
    assert.deepEqual(
      [of({ code: 'ENOSPC' }), of({ code: 'EACCES' }), of({ code: 'EIO' })],
      ['STORE_FULL', 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'],
    );
    assert.deepEqual([of({}), of({ code: 'ERR_INVALID_ARG_TYPE' }), of({ code: 'X' })], ['the same', 'the same', 'the same']);
    assert.equal(of({}, 'text'), 'the same');
    assert.equal(of({}, Object.assign(new GantryError('CANCELLED', { subject: 'x' }), { errcode: 13 })), 'the same');
  });
});
