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
});

test('in JSON the whole encrypted text goes, and its surroundings stay', () => {
  assert.equal(redactSealedJson(JSON.stringify({ a: sealed, b: `see ${sealed}, thus` })), '{"a":"<redacted>","b":"see <redacted>, thus"}');
  assert.equal(redactSealedJson('{"a":1}'), '{"a":1}');
});

test('only a text that begins so is encrypted', () => {
  assert.equal(isSealed(sealed), true);
  assert.equal(isSealed(`x${sealed}`), false);
  assert.equal(isSealed(7), false);
});
