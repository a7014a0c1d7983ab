import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inPieces } from './in-pieces.ts';
import { storeLimits, type Write } from './store.ts';

const put = (key: string, value = ''): Write => ({ type: 'put', key, value });
const many = (count: number) => Array.from({ length: count }, (_, at) => put(`/k${at}`));

test('what belongs together stays together', () => {
  assert.deepEqual(
    inPieces([many(60), many(40), many(1)]).map((piece) => piece.length),
    [100, 1],
  );
  assert.deepEqual(inPieces([]), []);
  assert.deepEqual(inPieces([many(116)]).length, 1);
});

test('what no transaction takes is refused with its key and its size', () => {
  const problem = (group: readonly Write[]) => {
    try {
      inPieces([[put('/good')], group]);
    } catch (error) {
      const { code, facts } = error as { code: string; facts: { key: string; problem: string } };
      assert.equal(code, 'STORE_OBJECT_TOO_LARGE');
      return `${facts.key}: ${facts.problem}`;
    }
    return undefined;
  };
  assert.equal(problem(many(117)), '/k0: it takes 117 keys, and at most 116 can be written together');
  assert.match(
    problem([{ type: 'delete', key: '/old' }, put('/big', 'x'.repeat(storeLimits.valueBytes + 1))]) ?? '',
    /^\/big: .*1048577 bytes/,
  );
  const half = 'x'.repeat(storeLimits.transactionBytes / 2);
  assert.match(problem([put('/a', half), put('/b', half)]) ?? '', /^\/a: .*1433600/);
  const rest = 'x'.repeat(storeLimits.transactionBytes / 2 - 40_000);
  assert.match(problem([put('/a', half), put('/b', rest)]) ?? '', /^\/a: it takes \d+ bytes, and at most 1368064/);
  assert.match(problem([put('/a'), put('/a')]) ?? '', /two writes to the key/);
  assert.match(problem([put('/a', '\ud800')]) ?? '', /half a surrogate pair/);
  assert.match(problem([put('')]) ?? '', /cannot be a key/);
  assert.equal(problem([put('/a', 'x'.repeat(storeLimits.valueBytes))]), undefined);
});
