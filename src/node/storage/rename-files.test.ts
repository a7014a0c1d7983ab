import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { startLocker } from '../testing/start-locker.ts';
import { blockPlace } from './block-node.ts';
import { diskSpec, testContext, withCode } from './disk-template-conformance.ts';
import { createFileTemplate } from './file-template.ts';

const owner = { uuid: randomUUID(), name: 'web1' };
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-rename-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** A disk as earlier versions made it, with a snapshot. */
async function oldDisk(format: 'raw' | 'qcow2' = 'raw') {
  const adapter = createFileTemplate('file', dir);
  const uuid = randomUUID();
  const disk = diskSpec({ uuid, format, size: 1, logical_id: ['loop', `web1/${uuid}.${format}`] });
  await adapter.create(disk, owner, testContext);
  await adapter.snapshot(disk, 'one');
  const to = ['loop', `${owner.uuid}/${uuid}.${format}`];
  const rename = () => adapter.rename(disk, to, owner);
  return { adapter, disk, to, rename, name: `${uuid}.${format}`, snapshot: `${uuid}.snap-one.raw` };
}
const tree = async () => (await readdir(dir, { recursive: true })).sort();

describe('the rename of a disk in a file', () => {
  it('moves it with its snapshots to the folder of its owner, and is content when that is done', async () => {
    for (const format of ['raw', 'qcow2'] as const) {
      const { adapter, disk, to, rename, name, snapshot } = await oldDisk(format);
      const other = await oldDisk();
      assert.deepEqual(await rename(), { changed: true });
      assert.deepEqual(await rename(), { changed: false });
      assert.equal((await stat(join(dir, owner.uuid))).mode & 0o777, 0o711);
      const parts = format === 'raw' ? [name, snapshot] : [name];
      const there = parts.map((part) => `${owner.uuid}/${part}`);
      const left = [other.name, other.snapshot].map((part) => `web1/${part}`);
      assert.deepEqual(await tree(), [owner.uuid, ...there, 'web1', ...left].sort());
      // Both names find it until the new one is recorded.
      for (const logical_id of [disk.logical_id, to]) {
        assert.equal(blockPlace(await adapter.activate({ ...disk, logical_id }, owner)), join(dir, owner.uuid, name));
        assert.equal((await adapter.find({ ...disk, logical_id }, owner))?.path, join(dir, owner.uuid, name));
      }
      assert.deepEqual(await adapter.create(disk, owner, testContext), { changed: false });
      await adapter.remove(disk, owner);
      await other.adapter.remove(other.disk, owner);
      assert.deepEqual(await tree(), []);
    }
  });

  it('goes on where it was interrupted, and a removal finds both halves', async () => {
    const { adapter, disk, rename, name, snapshot } = await oldDisk();
    const half = async () => {
      // As an agent with this umask makes it, which ends before it sets the mode.
      await mkdir(join(dir, owner.uuid), { recursive: true, mode: 0o700 });
      await writeFile(join(dir, owner.uuid, snapshot), 'moved before');
    };
    await half();
    assert.equal(blockPlace(await adapter.activate(disk, owner)), join(dir, 'web1', name), 'the disk itself goes last');
    assert.deepEqual(await rename(), { changed: true });
    assert.equal(await readFile(join(dir, owner.uuid, snapshot), 'utf8'), 'moved before', 'nothing is replaced');
    assert.equal((await stat(join(dir, owner.uuid))).mode & 0o777, 0o711);

    const second = await oldDisk();
    await second.rename();
    await mkdir(join(dir, 'web1'), { recursive: true });
    await writeFile(join(dir, 'web1', second.snapshot), 'left');
    assert.deepEqual(await second.adapter.remove(second.disk, owner), { changed: true });
    assert.ok(!(await tree()).some((path) => path.includes(second.disk.uuid)));
  });

  it('never replaces a file, and takes no disk that is in use', async () => {
    const { adapter, disk, rename, name } = await oldDisk();
    await mkdir(join(dir, owner.uuid));
    await writeFile(join(dir, owner.uuid, name), 'precious');
    await assert.rejects(async () => rename(), withCode('STORAGE_DISK_EXISTS'));
    assert.equal(await readFile(join(dir, owner.uuid, name), 'utf8'), 'precious');
    assert.equal(blockPlace(await adapter.activate(disk, owner)), join(dir, 'web1', name), 'the recorded place is the one that counts');
    await rm(join(dir, owner.uuid), { recursive: true });

    await rename();
    for (const format of ['raw', 'qcow2'] as const) {
      const used = await oldDisk(format);
      const locker = await startLocker(join(dir, 'web1', used.name), format);
      await assert.rejects(async () => used.rename(), withCode('STORAGE_DISK_BUSY')).finally(() => locker.close());
      assert.deepEqual(await used.rename(), { changed: true });
    }
  });

  it('refuses paths outside of the storage folder, links, and a disk that is not there', async () => {
    const { adapter, disk, rename, name } = await oldDisk();
    for (const path of ['/etc/x', '../x/y', 'a/b/c', 'only-one-level'])
      await assert.rejects(async () => adapter.rename(disk, ['loop', path], owner), withCode('STORAGE_PATH_REFUSED'), path);
    const elsewhere = await mkdtemp(join(tmpdir(), 'gantry-elsewhere-'));
    await symlink(elsewhere, join(dir, owner.uuid));
    await assert.rejects(async () => rename(), withCode('STORAGE_PATH_REFUSED'));
    await writeFile(join(elsewhere, name), 'not ours');
    await rm(join(dir, 'web1', name));
    await assert.rejects(adapter.activate(disk, owner), withCode('STORAGE_PATH_REFUSED'));
    await rm(join(dir, owner.uuid));
    await assert.rejects(async () => rename(), withCode('STORAGE_DISK_MISSING'));
    await rm(elsewhere, { recursive: true });
  });
});
