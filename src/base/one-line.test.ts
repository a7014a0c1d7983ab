import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { oneLine } from './one-line.ts';

test('line ends and control characters are shown, everything else stays', () => {
  assert.equal(oneLine('a\nb\r\nc\td é 漢 😀'), 'a\\nb\\r\\nc\td é 漢 😀');
  assert.equal(oneLine('\u001b[2J\u0000\u0085\u2028\u009b'), '\\u001b[2J\\u0000\\u0085\\u2028\\u009b');
});

test('whatever comes, it is one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.ok(!/[\n\r\v\f\u0085\u2028\u2029]/.test(oneLine(text)));
    }),
    { seed: 5 },
  );
});
