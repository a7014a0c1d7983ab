import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, describe, it } from 'node:test';
import { recordSyncs } from '../../../test/support/record-syncs.ts';
import { run } from '../../base/index.ts';
import { trialPrefix } from '../folder-problem.ts';
import { blockPlace } from './block-node.ts';
import { diskSpec, diskTemplateConformance, testContext, withCode } from './disk-template-conformance.ts';
import { createFileTemplate } from './file-template.ts';

const folders: string[] = [];
const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-file-'));
  folders.push(folder);
  return folder;
};
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const owner = { uuid: randomUUID(), name: 'web1' };

diskTemplateConformance('file, raw', 'raw', async () => createFileTemplate('file', await newFolder()));
diskTemplateConformance('file, qcow2', 'qcow2', async () => createFileTemplate('file', await newFolder()));
diskTemplateConformance('sharedfile, raw', 'raw', async () => createFileTemplate('sharedfile', await newFolder()));

describe('file template', () => {
  it('makes sparse files that only root reads, in a folder that nobody lists', async () => {
    const dir = await newFolder();
    const disk = diskSpec({ size: 512 });
    await createFileTemplate('file', dir).create(disk, owner, testContext);
    const stats = await stat(join(dir, owner.uuid, `${disk.uuid}.raw`));
    assert.equal(stats.size, 512 * 1024 * 1024);
    assert.ok(stats.blocks * 512 < 1024 * 1024);
    assert.equal(stats.mode & 0o777, 0o600);
    assert.equal((await stat(join(dir, owner.uuid))).mode & 0o777, 0o711);
  });

  it('makes them so whatever the umask is', async () => {
    const dir = await newFolder();
    const disk = diskSpec();
    const before = process.umask(0o077);
    try {
      await createFileTemplate('file', dir).create(disk, owner, testContext);
    } finally {
      process.umask(before);
    }
    assert.equal((await stat(join(dir, owner.uuid))).mode & 0o777, 0o711);
    assert.equal((await stat(join(dir, owner.uuid, `${disk.uuid}.raw`))).mode & 0o777, 0o600);
    // An agent that ended between the making of the folder and the setting of its mode.
    await chmod(join(dir, owner.uuid), 0o700);
    await createFileTemplate('file', dir).create(diskSpec(), owner, testContext);
    assert.equal((await stat(join(dir, owner.uuid))).mode & 0o777, 0o711);
  });

  it('makes a disk durable before it has its name, and the names after', async () => {
    const dir = await newFolder();
    const [disk, other] = [diskSpec(), diskSpec()];
    const template = createFileTemplate('file', dir);
    const folder = join(dir, owner.uuid);
    const path = join(folder, `${disk.uuid}.raw`);
    const made = await recordSyncs(path, () => template.create(disk, owner, testContext));
    assert.deepEqual(made, [
      [join(folder, `.${disk.uuid}.raw.new`), 'absent'],
      [folder, 'there'],
      [dir, 'there'],
    ]);
    await template.create(other, owner, testContext);
    // The folder stays for the other disk, so the name is gone from it; with the last disk the folder itself goes.
    assert.deepEqual(await recordSyncs(path, () => template.remove(disk, owner)), [[folder, 'absent']]);
    const last = join(folder, `${other.uuid}.raw`);
    assert.deepEqual(await recordSyncs(last, () => template.remove(other, owner)), [[dir, 'absent']]);
  });

  it('takes the whole room at once when asked to', async () => {
    const dir = await newFolder();
    for (const format of ['raw', 'qcow2'] as const) {
      const disk = diskSpec({ format, params: { preallocation: 'falloc' } });
      await createFileTemplate('file', dir).create(disk, owner, testContext);
      assert.ok((await stat(join(dir, owner.uuid, `${disk.uuid}.${format}`))).blocks * 512 >= 8 * 1024 * 1024);
    }
  });

  it('uses the path of logical_id, absolute or from its directory', async () => {
    const dir = await newFolder();
    const adapter = createFileTemplate('file', dir);
    for (const path of [`${dir}/web1/one.raw`, 'web1/two.raw']) {
      const disk = diskSpec({ logical_id: ['loop', path] });
      await adapter.create(disk, owner, testContext);
      assert.equal(blockPlace(await adapter.activate(disk)), join(dir, 'web1', path.split('/').at(-1) ?? ''));
      await adapter.remove(disk, owner);
    }
    assert.deepEqual(await readdir(dir), []);
  });

  it('refuses paths outside of its directory, also through links', async () => {
    const dir = await newFolder();
    const adapter = createFileTemplate('file', dir);
    const precious = join(await newFolder(), 'precious.raw');
    await writeFile(precious, 'data');
    await symlink(join(precious, '..'), join(dir, 'away'));
    await mkdir(join(dir, 'web1'));
    await symlink(precious, join(dir, 'web1', 'link.raw'));
    const paths = [
      `${dir}/../y.raw`,
      '/etc/passwd',
      '../y.raw',
      '../x/y.raw',
      'a/../../b/c.raw',
      'only-one-level.raw',
      'a/b/c.raw',
      `${dir}-other/a/b.raw`,
      '',
    ];
    for (const path of [...paths, 'away/precious.raw', 'web1/link.raw', 'web1/\0.raw']) {
      const disk = diskSpec({ logical_id: ['loop', path] });
      await assert.rejects(adapter.create(disk, owner, testContext), withCode('STORAGE_PATH_REFUSED'), path);
      await assert.rejects(adapter.remove(disk, owner), withCode('STORAGE_PATH_REFUSED'), path);
      await assert.rejects(adapter.activate(disk), withCode('STORAGE_PATH_REFUSED'), path);
    }
    assert.equal(await readFile(precious, 'utf8'), 'data');
  });

  it('refuses a folder that is a link to that of another instance, and is not led astray by one', async () => {
    const dir = await newFolder();
    const adapter = createFileTemplate('file', dir);
    const [mine, other] = [diskSpec(), { uuid: randomUUID(), name: 'db1' }];
    await adapter.create(mine, owner, testContext);
    await symlink(owner.uuid, join(dir, other.uuid));
    await symlink(owner.uuid, join(dir, '0-first'));
    const standard = diskSpec({ uuid: mine.uuid });
    const named = diskSpec({ uuid: mine.uuid, logical_id: ['loop', `${other.uuid}/${mine.uuid}.raw`] });
    for (const disk of [standard, named]) {
      await assert.rejects(adapter.create(disk, other, testContext), withCode('STORAGE_PATH_REFUSED'));
      await assert.rejects(adapter.remove(disk, other), withCode('STORAGE_PATH_REFUSED'));
      await assert.rejects(adapter.activate(disk, other), withCode('STORAGE_PATH_REFUSED'));
      await assert.rejects(adapter.find(disk, other), withCode('STORAGE_PATH_REFUSED'));
      await assert.rejects(adapter.rename(disk, [], other), withCode('STORAGE_PATH_REFUSED'));
    }
    const path = join(dir, owner.uuid, `${mine.uuid}.raw`);
    assert.equal(blockPlace(await adapter.activate({ ...mine, logical_id: [] })), path, 'found by its UUID, past the links');
    await adapter.snapshot({ ...mine, logical_id: [] }, 'a');
    assert.deepEqual((await readdir(join(dir, owner.uuid))).sort(), [`${mine.uuid}.raw`, `${mine.uuid}.snap-a.raw`]);
  });

  it('says that its directory is missing and does not make it', async () => {
    const dir = join(await newFolder(), 'not-mounted');
    const adapter = createFileTemplate('sharedfile', dir);
    await assert.rejects(adapter.create(diskSpec(), owner, testContext), withCode('STORAGE_DIR_MISSING'));
    await assert.rejects(adapter.list(), withCode('STORAGE_DIR_MISSING'));
    await assert.rejects(adapter.pools(), withCode('STORAGE_DIR_MISSING'));
    await assert.rejects(stat(dir));
  });

  it('replaces, lists and removes what an interrupted creation left', async () => {
    const dir = await newFolder();
    const adapter = createFileTemplate('file', dir);
    const disk = diskSpec({ format: 'qcow2' });
    await mkdir(join(dir, owner.uuid));
    const unfinished = join(dir, owner.uuid, `.${disk.uuid}.qcow2.new`);
    await writeFile(unfinished, 'half');
    assert.deepEqual(
      (await adapter.list()).map((one) => one.path),
      [unfinished],
    );
    assert.deepEqual(await adapter.create(disk, owner, testContext), { changed: true });
    assert.deepEqual(await readdir(join(dir, owner.uuid)), [`${disk.uuid}.qcow2`]);
    await writeFile(unfinished, 'half');
    await adapter.remove(disk, owner);
    assert.deepEqual(await readdir(dir), []);
  });

  it('leaves foreign files alone', async () => {
    const dir = await newFolder();
    const adapter = createFileTemplate('file', dir);
    const disk = diskSpec();
    await adapter.create(disk, owner, testContext);
    await writeFile(join(dir, owner.uuid, 'README'), 'mine');
    await writeFile(join(dir, 'loose.raw'), 'mine');
    await writeFile(join(dir, `${trialPrefix}1`), '');
    const listed = (await adapter.list()).map(({ path, disk_uuid }) => [relative(dir, path), disk_uuid]).sort();
    const files = [`${owner.uuid}/${disk.uuid}.raw`, `${owner.uuid}/README`, 'loose.raw'];
    // They are told of, as no disks.
    assert.deepEqual(listed, files.map((path) => [path, path.includes(disk.uuid) ? disk.uuid : '']).sort());
    await adapter.remove(disk, owner);
    assert.deepEqual(await readdir(join(dir, owner.uuid)), ['README']);
  });

  it('reports a damaged qcow2 file', async () => {
    const dir = await newFolder();
    const adapter = createFileTemplate('file', dir);
    const disk = diskSpec({ format: 'qcow2' });
    await adapter.create(disk, owner, testContext);
    await writeFile(join(dir, owner.uuid, `${disk.uuid}.qcow2`), 'not a disk');
    await assert.rejects(adapter.activate(disk), withCode('STORAGE_FAILED'));
  });

  it('keeps a copy of a raw disk as its snapshot', async () => {
    const dir = await newFolder();
    const adapter = createFileTemplate('file', dir);
    const disk = diskSpec({ size: 1 });
    await adapter.create(disk, owner, testContext);
    const path = blockPlace(await adapter.activate(disk));
    await writeFile(path, Buffer.alloc(1024 * 1024, 'a'));
    await adapter.snapshot(disk, 'one');
    await writeFile(path, Buffer.alloc(1024 * 1024, 'b'));
    assert.equal((await readFile(path.replace('.raw', '.snap-one.raw'))).toString('latin1', 0, 3), 'aaa');
    await assert.rejects(adapter.snapshot(disk, '../x'), withCode('INPUT_INVALID'));
  });

  it('stops a creation that is cancelled, without a trace', async () => {
    const dir = await newFolder();
    const cancelled = { ...testContext, signal: AbortSignal.abort() };
    await assert.rejects(createFileTemplate('file', dir).create(diskSpec(), owner, cancelled), withCode('CANCELLED'));
    assert.deepEqual(await readdir(dir), []);
  });
});

describe('file template on a file system that is full', () => {
  /** A real file system of 16 MiB, of which `free` KiB are free. */
  const onSmallDisk = async (freeKib: number, test: (dir: string) => Promise<void>): Promise<void> => {
    const dir = await newFolder();
    await run('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'gantry-test', dir]);
    try {
      await mkdir(join(dir, 'disks'));
      await writeFile(join(dir, 'ballast'), Buffer.alloc((16 * 1024 - freeKib) * 1024));
      await test(join(dir, 'disks'));
    } finally {
      await run('umount', [dir]);
    }
  };

  it('writes nothing when the room does not suffice', () =>
    onSmallDisk(4096, async (dir) => {
      const adapter = createFileTemplate('file', dir);
      await assert.rejects(adapter.create(diskSpec({ size: 8 }), owner, testContext), withCode('STORAGE_FULL'));
      assert.deepEqual(await readdir(dir), []);
      assert.deepEqual(await adapter.create(diskSpec({ size: 2 }), owner, testContext), { changed: true });
    }));

  it('removes the partial file when the room ends in mid-creation', () =>
    // 8 MiB of data fit, 8 MiB of data with the tables of qcow2 do not.
    onSmallDisk(8 * 1024 + 128, async (dir) => {
      const adapter = createFileTemplate('file', dir);
      const disk = diskSpec({ size: 8, format: 'qcow2', params: { preallocation: 'falloc' } });
      await assert.rejects(adapter.create(disk, owner, testContext), withCode('STORAGE_FULL'));
      assert.deepEqual(await readdir(dir), []);
      assert.equal((await adapter.pools())[0]?.free, 8);
    }));
});
