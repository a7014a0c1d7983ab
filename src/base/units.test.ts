import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GantryError } from './errors/gantry-error.ts';
import { formatMebibytes, parseMebibytes } from './units.ts';

test('sizes are read as Ganeti reads them', () => {
  assert.equal(parseMebibytes('512'), 512);
  assert.equal(parseMebibytes('512M'), 512);
  assert.equal(parseMebibytes('1.5g'), 1536);
  assert.equal(parseMebibytes('2TiB'), 2097152);
  assert.equal(parseMebibytes('0.0001g'), 1, 'rounded up, never to nothing');
});

test('what is not a size is refused with the field named', () => {
  for (const text of ['', 'x', '-1', '10k', '1 2', 'G']) {
    assert.throws(
      () => parseMebibytes(text, 'disk'),
      (error: GantryError) => error.code === 'INPUT_INVALID' && error.facts['field'] === 'disk',
    );
    assert.throws(() => parseMebibytes(text, 'disk'), /^GantryError: command line: field "disk" is not valid: /);
  }
});

test('sizes are shown short', () => {
  assert.deepEqual([128.4, 1023, 1024, 1536, 1048064, 1048576, 1572864].map(formatMebibytes), [
    '128M',
    '1023M',
    '1G',
    '1.5G',
    '1023.5G',
    '1T',
    '1.5T',
  ]);
});
