import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readKeyValues } from './read-key-values.ts';

test('values stay as they are typed, whatever they look like', () => {
  assert.deepEqual(readKeyValues('root_password=12345,a=yes,b=x\\,y=z', 'f'), { root_password: '12345', a: 'yes', b: 'x,y=z' });
});

test('a file has a value a line, with commas, equal signs and blanks in it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-values-'));
  try {
    const path = join(folder, 'values');
    await writeFile(path, '# secrets\n\nroot_password= a,b=c# \r\nx=\n');
    assert.deepEqual(readKeyValues(`@${path}`, 'f'), { root_password: ' a,b=c# ', x: '' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a mistake is told without what was typed', () => {
  assert.throws(
    () => readKeyValues('hunter2', 'f'),
    (error: Error) => /part 1/.test(error.message) && !error.message.includes('hunter2'),
  );
  assert.throws(() => readKeyValues('@/nonexistent/file', 'f'), { code: 'INPUT_INVALID', message: /cannot be read/ });
});
