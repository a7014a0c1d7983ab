import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { recordSyncs } from '../../test/support/record-syncs.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

describe('writeFileAtomic', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gantry-write-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('replaces content and permissions, and leaves nothing else behind', async () => {
    const path = join(directory, 'key');
    await writeFile(path, 'old', { mode: 0o644 });
    await writeFileAtomic(path, 'new', 0o600);
    assert.equal(await readFile(path, 'utf8'), 'new');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(directory), ['key']);
  });

  it('gives the wanted permissions whatever the umask is', async () => {
    const umask = process.umask(0o077);
    try {
      await writeFileAtomic(join(directory, 'public'), '', 0o644);
    } finally {
      process.umask(umask);
    }
    assert.equal((await stat(join(directory, 'public'))).mode & 0o777, 0o644);
  });

  it('makes the content durable before it has its name, and then the name', async () => {
    const path = join(directory, 'state');
    const synced = await recordSyncs(path, () => writeFileAtomic(path, 'new'));
    assert.equal(synced.length, 2);
    assert.match(synced[0]?.[0] ?? '', /\/state\..*\.tmp$/);
    assert.equal(synced[0]?.[1], 'absent');
    assert.deepEqual(synced[1], [directory, 'there']);
  });

  it('ends whole when many write at once', async () => {
    const path = join(directory, 'state');
    const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(1000));
    await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
    assert.ok(contents.includes(await readFile(path, 'utf8')));
    assert.deepEqual(await readdir(directory), ['state']);
  });

  it('leaves the old file and no temporary one when it fails', async () => {
    const path = join(directory, 'folder');
    await mkdir(path);
    await assert.rejects(writeFileAtomic(path, 'new'), { code: 'EISDIR' });
    assert.deepEqual(await readdir(directory), ['folder']);
  });
});
