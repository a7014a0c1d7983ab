import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EntrySums } from './entry-sums.ts';
import { entrySum } from './sqlite-seal.ts';

const entry = (value: string, modRevision: number) => ({ key: '/k', value, createRevision: 1, modRevision });
const plain = (value: string, modRevision: number) => entrySum('/k', value, 1, modRevision);

test('a sum is that of the entry, known or not, also after a group that was undone', () => {
  const sums = new EntrySums();
  sums.begin();
  assert.equal(sums.add(entry('a', 1)), plain('a', 1));
  sums.commit();
  sums.begin();
  assert.equal(sums.of(entry('a', 1)), plain('a', 1));
  assert.equal(sums.of(entry('of another process', 2)), plain('of another process', 2));
  sums.add(entry('undone', 3));
  // No commit: revision 3 comes again.
  sums.begin();
  assert.equal(sums.of(entry('of another process', 3)), plain('of another process', 3));
});

test('every part of an entry counts, and values that change places', () => {
  const all: Parameters<typeof entrySum>[] = [
    ['k', 'v', 1, 2],
    ['l', 'v', 1, 2],
    ['k', 'w', 1, 2],
    ['k', 'v', 2, 2],
    ['k', 'v', 1, 3],
    ['k', '', 1, 2],
  ];
  assert.equal(new Set(all.map((each) => entrySum(...each))).size, all.length);
  assert.notEqual(entrySum('a', '1', 1, 1) + entrySum('b', '2', 1, 1), entrySum('a', '2', 1, 1) + entrySum('b', '1', 1, 1));
});
