import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountTable } from './parse-mounts.ts';

test('mounts in their order; names are written as the kernel writes them', () => {
  const blank = String.raw`/dev/vda /mnt/a\040b\134c ext4 ro,relatime 0 0`;
  assert.deepEqual(parseMountTable(`proc /proc proc rw,nosuid 0 0\n${blank}\n`), [
    { device: 'proc', mountPoint: '/proc', type: 'proc', options: ['rw', 'nosuid'] },
    { device: '/dev/vda', mountPoint: String.raw`/mnt/a b\c`, type: 'ext4', options: ['ro', 'relatime'] },
  ]);
  const umlaut = Buffer.from('/dev/vda /mnt/ä ext4 rw 0 0\n').toString('latin1');
  assert.equal(parseMountTable(umlaut)[0]?.mountPoint, '/mnt/ä');
  for (const cut of ['', '\n', '/dev/vda', '/dev/vda /mnt ext4']) assert.deepEqual(parseMountTable(cut), []);
});
