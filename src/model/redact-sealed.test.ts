import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSealed, redactSealed, redactSealedJson, sealedPrefix } from './redact-sealed.ts';

const sealed = `${sealedPrefix}k1:AbC_-9`;

test('encrypted values are replaced at any depth, and nothing else is', () => {
  const value = { a: [1, { b: sealed, c: 'plain' }], d: null, e: sealed };
  assert.deepEqual(redactSealed(value), { a: [1, { b: '<redacted>', c: 'plain' }], d: null, e: '<redacted>' });
  assert.deepEqual(value.e, sealed);
});

test('a value without secrets stays the same object', () => {
  const value = { a: [1, { b: 'x' }], c: null };
  assert.equal(redactSealed(value), value);
  const { a } = redactSealed({ ...value, d: sealed });
  assert.equal(a, value.a, 'the parts without one, too');
  const list = [value, [1, 'x']];
  assert.equal(redactSealed(list), list);
});

test('in JSON the whole encrypted text goes, and its surroundings stay', () => {
  assert.equal(redactSealedJson(JSON.stringify({ a: sealed, b: `see ${sealed}, thus` })), '{"a":"<redacted>","b":"see <redacted>, thus"}');
  assert.equal(redactSealedJson('{"a":1}'), '{"a":1}');
  assert.equal(redactSealedJson(`${sealed} ${sealed}`), '<redacted> <redacted>', 'each of them');
});

test('a text, a number and nothing are what they are, a secret alone is redacted', () => {
  for (const plain of ['x', '', 7, true, null, undefined]) assert.equal(redactSealed(plain), plain);
  assert.equal(redactSealed(sealed), '<redacted>');
  assert.deepEqual(redactSealed([sealed, null, 'x']), ['<redacted>', null, 'x']);
});

test('only a text that begins so is encrypted', () => {
  assert.equal(isSealed(sealed), true);
  assert.equal(isSealed(`x${sealed}`), false);
  assert.equal(isSealed(7), false);
});
