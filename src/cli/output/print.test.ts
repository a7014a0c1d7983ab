import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, formatPlain, formatSize } from './format-values.ts';
import { harmless } from './print.ts';

test('text from elsewhere cannot steer the terminal', () => {
  assert.equal(harmless('a\u001b[31mb\u0007\r\nc\td\u009b'), 'a\\x1b[31mb\\x07\nc\td\\x9b');
});

test('sizes for people and for programs', () => {
  assert.equal(formatSize(1536), '1.5G');
  assert.equal(formatSize(1536, 'm'), '1536');
  assert.equal(formatSize(1536, 'g'), '1.5');
  assert.equal(formatSize(null), '-');
});

test('anything fits into a cell', () => {
  assert.equal(formatPlain([]), '-');
  assert.equal(formatPlain(['a', null, true]), 'a,-,yes');
  assert.equal(formatPlain({ mode: 'bridged', vlan: '' }), 'mode=bridged,vlan=-');
  assert.equal(formatPlain('a\u001b'), 'a\\x1b');
});

test('lengths of time', () => {
  assert.deepEqual([0.42, 12.4, 185, 7260].map(formatDuration), ['0.4 s', '12 s', '3 min 5 s', '2 h 1 min']);
});
