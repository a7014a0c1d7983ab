import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { Write } from '../../store/index.ts';
import type { JobRecord } from '../record/job-record.ts';
import { type Prepared, takeBatch, type WriteItem, type WriteQueue } from './write-queue.ts';

const put = (key: string, value = ''): Write => ({ type: 'put', key, value });
const plain = (key: string, value = ''): Prepared => ({ compares: [{ key, modRevision: 3 }], writes: [put(key, value)] });

interface Watched extends WriteItem {
  readonly name: string;
  readonly failures: unknown[];
}

function item(name: string, prepare: () => Prepared = () => plain(name), record?: JobRecord): Watched {
  const failures: unknown[] = [];
  return { name, failures, record, prepare, refusable: false, done: () => undefined, fail: (error) => void failures.push(error) };
}

const queueOf = (...items: WriteItem[]): WriteQueue => ({ items, busy: new Set() });
const names = (items: readonly WriteItem[]) => items.map((one) => (one as Watched).name);

describe('a batch of writes', () => {
  test('ends at 50 items', () => {
    const queue = queueOf(...Array.from({ length: 51 }, (_, i) => item(String(i))));
    assert.equal(takeBatch(queue).items.length, 50);
    assert.deepEqual(names(queue.items), ['50']);
  });

  test('begins no further item with 110 writes', () => {
    const many = (name: string, count: number) =>
      item(name, () => ({ compares: [], writes: Array.from({ length: count }, (_, i) => put(`${name}${i}`)) }));
    const queue = queueOf(many('a', 109), many('b', 1), many('c', 1));
    assert.deepEqual(names(takeBatch(queue).items), ['a', 'b']);
    assert.deepEqual(names(queue.items), ['c']);
  });

  test('stays below 900,000 characters, and begins no further item above half of it; a large item goes alone', () => {
    const sized = (name: string, size: number) => item(name, () => plain(name, 'x'.repeat(size)));
    const half = queueOf(sized('a', 450_000), sized('b', 1));
    assert.deepEqual(names(takeBatch(half).items), ['a']);
    assert.deepEqual(names(half.items), ['b']);

    const fits = queueOf(sized('a', 449_999), sized('b', 450_001), sized('c', 1));
    assert.deepEqual(names(takeBatch(fits).items), ['a', 'b']);

    const tooMuch = queueOf(sized('a', 449_999), sized('b', 450_002), sized('c', 1));
    assert.deepEqual(names(takeBatch(tooMuch).items), ['a']);
    assert.deepEqual(names(tooMuch.items), ['b', 'c'], 'nobody overtakes it');

    const large = queueOf(sized('a', 1_000_000), sized('b', 1));
    assert.deepEqual(names(takeBatch(large).items), ['a']);
  });
});
