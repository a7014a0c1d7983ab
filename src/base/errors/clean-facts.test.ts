import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { boundedFacts, cleanFacts } from './clean-facts.ts';

const evil = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

test('facts that are clean stay the same object, others become clean, names too', () => {
  const clean = { a: 'x', b: [1, null, { c: 'y\n' }] };
  assert.equal(cleanFacts(clean), clean);
  assert.deepEqual(cleanFacts({ 'a\u001b': ['\u009b', { '\u0007': '\r' }], n: 1 }), {
    'a\\u001b': ['\\u009b', { '\\u0007': '\\r' }],
    n: 1,
  });
});

test('whatever another process sends, it is clean and bounded', () => {
  for (const odd of [null, undefined, 'text', 5, ['a'], () => 1]) assert.deepEqual(boundedFacts(odd), {});
  const deep = { a: { b: { c: { d: { e: '\u001b' } } } } };
  assert.deepEqual(boundedFacts(deep), { a: { b: { c: { d: '{"e":"\\u001b"}' } } } });
  const large = { text: 'x'.repeat(100_000), list: Array.from({ length: 1000 }, () => 'y') };
  const { text, list } = boundedFacts(large) as { text: string; list: string[] };
  assert.deepEqual([text.length, list.length], [8002, 100]);
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })), (facts) => {
      assert.ok(!evil.test(JSON.stringify(boundedFacts(facts))));
      assert.ok(!evil.test(JSON.stringify(cleanFacts(facts as never))));
    }),
    { seed: 6 },
  );
});
