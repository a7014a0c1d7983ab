import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { run } from '../../base/index.ts';
import { type CpioEntry, cpioArchive } from './cpio-archive.ts';
import { inFolder } from './os-test-helpers.ts';

const entries: readonly CpioEntry[] = [
  { path: 'etc', type: 'directory' },
  { path: 'etc/name', type: 'file', content: 'odd' },
  { path: 'etc/run', type: 'file', mode: 0o755, content: Buffer.from([0, 1, 2, 255]) },
  { path: 'link', type: 'link', target: '/etc/name' },
  { path: 'console', type: 'character-device', major: 5, minor: 1 },
];

describe('cpio archive', () => {
  it('is what cpio(1) reads', () =>
    inFolder(async (dir) => {
      await writeFile(join(dir, 'archive'), cpioArchive(entries));
      const { stdout } = await run('cpio', ['-itv', '--quiet', '-F', join(dir, 'archive')], { env: { PATH: '/usr/bin:/bin', TZ: 'UTC' } });
      const rows = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/\s+/g, ' ').replace(/ Jan 1 1970/, ''));
      assert.deepEqual(rows, [
        'drwxr-xr-x 2 root root 0 etc',
        '-rw-r--r-- 1 root root 3 etc/name',
        '-rwxr-xr-x 1 root root 4 etc/run',
        'lrwxrwxrwx 1 root root 9 link -> /etc/name',
        'crw------- 1 root root 5, 1 console',
      ]);
      const content = await run('cpio', ['-i', '--to-stdout', '--quiet', '-F', join(dir, 'archive'), 'etc/name']);
      assert.equal(content.stdout, 'odd');
    }));

  it('is the same for the same input', () => assert.deepEqual(cpioArchive(entries), cpioArchive(entries)));
});
