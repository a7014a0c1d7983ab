import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprinter } from './fingerprinter.ts';

test('a text has one name, other texts have others, and each maker has its own', () => {
  const name = fingerprinter();
  const texts = ['', 'a', 'b', 'ab', 'ä', 'a\n', 'x'.repeat(10_000)];
  const names = texts.map((text) => name(text).toString('hex'));
  assert.equal(new Set(names).size, texts.length);
  assert.deepEqual(
    texts.map((text) => name(text).toString('hex')),
    names,
  );
  assert.notEqual(fingerprinter()('a').toString('hex'), names[1]);
});
