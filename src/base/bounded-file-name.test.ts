import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { boundedFileName } from './bounded-file-name.ts';

test('a usual name stays', () => {
  assert.equal(boundedFileName('create-tiny+x-web1.example.com', '.log'), 'create-tiny+x-web1.example.com.log');
});

test('every name fits into a file system and leads into no other folder', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (name) => {
      const file = boundedFileName(name, '-2026.log');
      assert.ok(Buffer.byteLength(file) <= 255 && file.endsWith('-2026.log') && !/[/\0]/.test(file), file);
    }),
    { seed: 4 },
  );
});

test('long names that differ at their end have different files', () => {
  assert.notEqual(boundedFileName(`${'x'.repeat(300)}1`), boundedFileName(`${'x'.repeat(300)}2`));
});
