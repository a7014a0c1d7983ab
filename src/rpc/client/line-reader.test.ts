import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineLimit } from '../wire.ts';
import { LineReader } from './line-reader.ts';

test('lines come out whole, however the bytes arrive', () => {
  const text = 'one\nzwölf €\n\nlast';
  for (let size = 1; size < 20; size++) {
    const reader = new LineReader();
    const bytes = Buffer.from(text);
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size) lines.push(...reader.push(bytes.subarray(at, at + size)));
    assert.deepEqual(lines, ['one', 'zwölf €', ''], `pieces of ${size}`);
    assert.deepEqual(reader.push(Buffer.from(' one\n')), ['last one']);
  }
});

test('a line may have as many characters as the limit says, each line anew', () => {
  const reader = new LineReader();
  const half = Buffer.alloc(lineLimit / 2, 'x');
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(reader.push(half), []);
    assert.deepEqual(reader.push(half), []);
    assert.deepEqual(
      reader.push(Buffer.from('\n')).map(({ length }) => length),
      [lineLimit],
    );
  }
  reader.push(half);
  reader.push(half);
  assert.throws(() => reader.push(Buffer.from('x')), /a line is longer than/);
});
