import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable } from './printable.ts';

test('what steers a terminal is shown, lines and tabs stay', () => {
  assert.equal(printable('a\n\tb é 漢 😀'), 'a\n\tb é 漢 😀');
  assert.equal(printable('\u001b]0;x\u0007\r\u009b2J\u202e\u0000'), '\\u001b]0;x\\u0007\\r\\u009b2J\\u202e\\u0000');
});
