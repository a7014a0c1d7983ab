import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSealed, sealedPrefix } from '../model/index.ts';
import { createSecretBox, formatSecretKey, newSecretKey, parseSecretKeys } from './secret-box.ts';

test('any text comes back, never shows, and is never encrypted the same way twice', () => {
  const box = createSecretBox();
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const sealed = box.seal(text);
      assert.ok(isSealed(sealed));
      assert.equal(box.open(sealed), text.toWellFormed());
      assert.notEqual(box.seal(text), sealed);
      if (text.length > 8) assert.ok(!sealed.includes(text));
    }),
    { seed: 10 },
  );
});

test('short texts of different lengths look alike', () => {
  const box = createSecretBox();
  assert.equal(box.seal('a').length, box.seal('a-longer-password').length);
});

test('what is not encrypted stays as it is', () => {
  assert.equal(createSecretBox().open('plain'), 'plain');
});

test('every single changed character is noticed', () => {
  const box = createSecretBox();
  const sealed = box.seal('secret');
  const start = sealed.lastIndexOf(':') + 1;
  for (let at = start; at < sealed.length; at++) {
    const other = sealed[at] === 'A' ? 'B' : 'A';
    assert.throws(() => box.open(sealed.slice(0, at) + other + sealed.slice(at + 1)), { code: 'SECRET_DAMAGED' }, `at ${at}`);
  }
  assert.throws(() => box.open(sealed.slice(0, start)), { code: 'SECRET_DAMAGED' });
});

test('the first key encrypts, older ones still open, a missing one is named', () => {
  const [old, next] = [newSecretKey(), newSecretKey()];
  const before = createSecretBox([old]).seal('x');
  const box = createSecretBox([next, old]);
  assert.equal(box.open(before), 'x');
  assert.equal(box.isCurrent(before), false);
  assert.equal(box.isCurrent(box.seal('x')), true);
  assert.throws(() => createSecretBox([next]).open(before), { code: 'SECRET_KEY_MISSING', message: new RegExp(old.id) });
});

test('a key encrypts for its own id only', () => {
  const [one, two] = [newSecretKey(), newSecretKey()];
  const sealed = createSecretBox([one]).seal('x').replace(one.id, two.id);
  assert.throws(() => createSecretBox([{ id: two.id, key: one.key }]).open(sealed), { code: 'SECRET_DAMAGED' });
});

test('a key file is read as it was written; a bad line is told by number, never shown', () => {
  const key = newSecretKey();
  assert.deepEqual(parseSecretKeys(`# keys\n\n${formatSecretKey(key)}\n`, 'f'), [key]);
  assert.throws(
    () => parseSecretKeys('abcd hunter2\n', 'f'),
    (error: Error) => /line 1/.test(error.message) && !error.message.includes('hunter2'),
  );
  assert.throws(() => parseSecretKeys('# nothing\n', 'f'), { code: 'SECRET_KEYS_UNUSABLE' });
  assert.equal(sealedPrefix.endsWith(':'), true);
});
