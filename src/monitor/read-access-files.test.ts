import assert from 'node:assert/strict';
import { chmodSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCertificates, readTokens } from './read-access-files.ts';

test('tokens stand one a line, of 16 characters or more, where not everybody may read', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'tokens-'));
  const file = join(folder.path, 'tokens');
  const read = (text: string) => {
    writeFileSync(file, text, { mode: 0o640 });
    return readTokens(file);
  };
  assert.deepEqual(read('# who: one\n  0123456789abcdef \n\nanother-of-twenty-ch\n'), ['0123456789abcdef', 'another-of-twenty-ch']);
  assert.throws(() => read('0123456789abcdef\n0123456789abcde\n'), /a token is shorter than 16 characters, or has a space/);
  assert.throws(() => read('0123456789 abcdef'), /or has a space/);
  assert.throws(() => read('# only a remark, long enough\n\n'), /it contains no token/);
  assert.throws(() => readTokens(join(folder.path, 'none')), { code: 'ENOENT' });
  chmodSync(file, 0o644);
  assert.throws(() => readTokens(file), new Error(`everybody may read ${file}`));
});

test('a folder without a key, and one whose key everybody may read, are refused', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'certificates-'));
  assert.throws(() => readCertificates(folder.path), { code: 'ENOENT' });
  const key = join(folder.path, 'node.key');
  writeFileSync(key, 'no key');
  chmodSync(key, 0o604);
  assert.throws(() => readCertificates(folder.path), new Error(`everybody may read ${key}`));
  chmodSync(key, 0o600);
  assert.throws(() => readCertificates(folder.path), { code: 'ENOENT' });
  writeFileSync(join(folder.path, 'node.crt'), 'no certificate');
  assert.throws(() => readCertificates(folder.path), /PEM|DECODER/);
});
