import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { textFile } from './package-file.ts';
import { writePackage } from './write-package.ts';

const control = textFile('DEBIAN/control', 'Package: t\nVersion: 1\nArchitecture: all\nMaintainer: t <t@example.com>\nDescription: t\n');
const files = [control, textFile('usr/lib/t/run', '#!/bin/sh\n', 0o755), textFile('usr/lib/t/data', Buffer.alloc(100_000, 'x'))];
const going = new AbortController().signal;

describe('writePackage', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-write-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes the same bytes twice, whatever the umask and the order of the files', async () => {
    const [first, second] = [join(folder, '1.deb'), join(folder, '2.deb')];
    await writePackage(first, files, 1_700_000_000, going);
    const before = process.umask(0o077);
    try {
      await writePackage(second, [...files].reverse(), 1_700_000_000, going);
    } finally {
      process.umask(before);
    }
    assert.ok(readFileSync(first).equals(readFileSync(second)));
    const listing = execFileSync('dpkg-deb', ['--contents', first], { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
    assert.match(listing, /^-rwxr-xr-x root\/root +10 2023-11-14 22:13 \.\/usr\/lib\/t\/run$/m);
    assert.match(listing, /^drwxr-xr-x root\/root +0 2023-11-14 22:13 \.\/usr\/lib\/t\/$/m);
  });

  it('leaves nothing when it fails or is cancelled', async () => {
    const target = join(folder, 'out', '1.deb');
    await assert.rejects(writePackage(target, [textFile('DEBIAN/control', 'nonsense')], 0, going), { code: 'PACKAGE_BUILD_FAILED' });
    await assert.rejects(writePackage(target, files, 0, AbortSignal.abort(new Error('stop'))));
    assert.deepEqual(readdirSync(join(folder, 'out')), []);
  });

  it('says so when the disk is full, and leaves nothing there', async (t) => {
    const small = join(folder, 'small');
    mkdirSync(small);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', small]).status !== 0) return t.skip('only root can mount');
    try {
      // Bytes that cannot be compressed.
      const random = textFile('usr/lib/t/random', createHash('shake256', { outputLength: 50_000 }).digest());
      const noise = [...files, random];
      await assert.rejects(writePackage(join(small, '1.deb'), noise, 0, going), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'PACKAGE_BUILD_FAILED');
        assert.match(error.message, /No space left/);
        return true;
      });
      assert.deepEqual(readdirSync(small), []);
    } finally {
      spawnSync('umount', [small]);
    }
  });
});
