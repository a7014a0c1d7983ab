import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { keys } from '../model/index.ts';
import { formatBackup, readBackup, replaceContent } from './backup.ts';
import type { Entry, Store, Transaction } from './store.ts';
import { storeLimits } from './store.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const directory = await temporaryDirectory();
let files = 0;

/** Reads a backup of these lines, whose sum is right. */
async function read(...lines: string[]) {
  const text = `${lines.join('\n')}\n`;
  const path = join(directory, `${files++}`);
  await writeFile(path, `${text}${JSON.stringify({ sha256: createHash('sha256').update(text).digest('hex') })}\n`);
  return readBackup(path).then(
    ({ content, made }) => [made, content.size],
    (error: { code: string; facts: { problem: string } }) => [error.code, error.facts.problem],
  );
}

test('a backup is refused with what is wrong about it', async () => {
  const head = (more: object = {}) => JSON.stringify({ gantry_backup: 1, made: 5, entries: 1, ...more });
  const cluster = JSON.stringify([keys.cluster, '{}']);
  const code = 'STORE_BACKUP_UNUSABLE';
  assert.deepEqual(await read(head(), cluster), [5, 1]);
  assert.deepEqual(await read(head({ gantry_backup: 2 }), cluster), [code, 'it has format 2; this Gantry reads format 1']);
  assert.deepEqual(await read(head({ gantry_backup: 'x' }), cluster), [code, 'it is no backup of a store']);
  assert.deepEqual(await read(head({ entries: 2 }), cluster), [code, 'it is damaged: its sum does not fit']);
  assert.deepEqual(await read(head(), JSON.stringify(['/other', ''])), [code, 'it holds no cluster']);
  assert.deepEqual(await read(head(), 'no JSON'), [code, 'it is cut short, or no backup of a store']);
  assert.deepEqual(await read('no JSON'), [code, 'it is cut short, or no backup of a store']);
  const text = formatBackup({ content: new Map([[keys.cluster, '{}']]), made: 5 });
  const path = join(directory, 'torn');
  await writeFile(path, text.replace('"{}"', '"[]"'));
  await assert.rejects(readBackup(path), { code, facts: { path, problem: 'it is damaged: its sum does not fit' } });
  await assert.rejects(readBackup(join(directory, 'none')), { code, message: /ENOENT/ });
});

/** The transactions by which the content of a store is replaced. */
async function replaced(before: Readonly<Record<string, string>>, content: Readonly<Record<string, string>>, leader?: string) {
  const sent: Transaction[] = [];
  let open = 0;
  const entries = Object.entries(before).map(([key, value]): Entry => ({ key, value, createRevision: 1, modRevision: 1 }));
  const store = {
    get: async (key: string) =>
      key === keys.leader && leader !== undefined ? { key, value: leader, createRevision: 1, modRevision: 1 } : undefined,
    range: async () => ({ entries, revision: 1, more: false }),
    transact: async (transaction: Transaction) => {
      assert.equal(open++, 0, 'one after the other');
      await new Promise(setImmediate);
      open--;
      sent.push(transaction);
      return leader === undefined ? { committed: true, revision: 2 } : { committed: false };
    },
  } as unknown as Store;
  await replaceContent(store, new Map(Object.entries(content)), 'the.backup');
  return sent;
}

test('a content is replaced by what is different, between two marks', async () => {
  const sent = await replaced({ '/a': '1', '/b': '2', '/c': '3', [keys.leader]: 'x' }, { '/a': '1', '/b': 'two', '/d': '4' });
  assert.deepEqual(sent, [
    { compares: [{ key: keys.leader, modRevision: 0 }], writes: [{ type: 'put', key: keys.restoring, value: 'the.backup' }] },
    {
      compares: [],
      writes: [
        { type: 'delete', key: '/c' },
        { type: 'put', key: '/b', value: 'two' },
        { type: 'put', key: '/d', value: '4' },
      ],
    },
    { compares: [], writes: [{ type: 'delete', key: keys.restoring }] },
  ]);
  assert.equal((await replaced({ '/a': '1' }, { '/a': '1' })).length, 2);
  await assert.rejects(replaced({}, {}, JSON.stringify({ name: 'node1', since: 1 })), { code: 'STORE_IN_USE', facts: { leader: 'node1' } });
});

test('the pieces are as large as a transaction may be', async () => {
  const pieces = async (sizes: readonly number[]) => {
    const content = Object.fromEntries(sizes.map((size, at) => [`/k${String(at).padStart(4, '0')}`, 'x'.repeat(size - 6)]));
    return (await replaced({}, content)).slice(1, -1).map(({ writes }) => writes.length);
  };
  const half = storeLimits.transactionBytes / 2;
  assert.deepEqual(await pieces(Array.from({ length: 250 }, () => 10)), [100, 100, 50]);
  assert.deepEqual(await pieces([half / 2, half / 2]), [2]);
  assert.deepEqual(await pieces([half / 2, half / 2 + 1]), [1, 1]);
  assert.deepEqual(await pieces([half + 1000, 10, 10]), [1, 2], 'one that is larger goes alone');
  const removed = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`/k${at}`, 'x']));
  assert.deepEqual(
    (await replaced(removed, {})).slice(1, -1).map(({ writes }) => writes.length),
    [100, 1],
  );
});
