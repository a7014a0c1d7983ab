import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pythonText } from './python-text.ts';

test('values look as Python shows them', () => {
  for (const [value, text] of [
    [null, 'None'],
    [undefined, 'None'],
    [true, 'True'],
    [false, 'False'],
    [0, '0'],
    [1.5, '1.5'],
    ['', "''"],
    ["it's a \\", "'it\\'s a \\\\'"],
    [[], '[]'],
    [[1, 'a', [null]], "[1, 'a', [None]]"],
    [{}, '{}'],
    [{ a: 1, b: ['x', { c: false }] }, "{'a': 1, 'b': ['x', {'c': False}]}"],
  ] as const)
    assert.equal(pythonText(value), text);
});
