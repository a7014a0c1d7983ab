import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { GantryError } from '../../base/index.ts';
import { testDisk } from '../testing/instance-spec.ts';
import { assertNoLinks, diskPath, diskUuidOf, missing } from './disk-path.ts';
import { readQcow2Header } from './qcow2-header.ts';
import { isOutOfRoom, requireRoom, storageFailure, syncFolder } from './storage-files.ts';

const uuid = '01234567-89ab-4def-8123-456789abcdef';
const refused = (path: string, problem: string) => ({
  code: 'STORAGE_PATH_REFUSED',
  facts: { path, disk: uuid, problem, directory: '/srv/d' },
});

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-path-'));
});
after(() => rm(folder, { recursive: true }));

describe('the place of a disk', () => {
  it('follows from what it was given, or from its owner', () => {
    const of = (logical_id: (string | null)[], owner?: object) =>
      diskPath(testDisk(uuid, { logical_id: logical_id as never }), '/srv/d', owner as never);
    assert.equal(of(['loop', '/srv/d/i1/x.raw']), '/srv/d/i1/x.raw');
    assert.equal(of(['loop', 'i1/x.raw']), '/srv/d/i1/x.raw');
    assert.equal(of(['loop', '/srv/d//i1/./x.raw']), '/srv/d/i1/x.raw');
    assert.equal(of([], { uuid: 'i7', name: 'x' }), `/srv/d/i7/${uuid}.raw`);
    assert.equal(diskPath(testDisk(uuid, { format: 'qcow2' }), '/srv/d', { uuid: 'i7', name: 'x' }), `/srv/d/i7/${uuid}.qcow2`);
    for (const [given, problem] of [
      ['', 'it is empty'],
      ['i1/a\0b', 'it contains a zero byte'],
      ['i1/../x', 'it contains ".."'],
      ['/srv/other/i1/x', 'it is outside /srv/d'],
      ['/srv/d', 'it is outside /srv/d'],
      ['.', 'it is outside /srv/d'],
      ['/srv/dx/i1', 'it is outside /srv/d'],
      ['x.raw', 'it is not of the form /srv/d/<instance>/<file>'],
      ['a/b/c', 'it is not of the form /srv/d/<instance>/<file>'],
    ] as const)
      assert.throws(() => of(['loop', given]), refused(given.replace('\0', '\\u0000'), problem), given);
    assert.throws(() => of([]), refused('', 'it is empty'));
  });

  it('is told by the name of its file, also of a snapshot or an unfinished one', () => {
    for (const name of [`${uuid}.raw`, `${uuid}.qcow2`, `.${uuid}.raw.new`, `${uuid}.snap-a.b-1.raw`])
      assert.equal(diskUuidOf(name), uuid, name);
    for (const name of ['x.raw', uuid, `${uuid}.img`, `x${uuid}.raw`, `${uuid}.raw.old`, `${uuid.toUpperCase()}.raw`])
      assert.equal(diskUuidOf(name), null, name);
  });

  it('is refused when a link leads out of it', async () => {
    const dir = join(folder, 'd');
    const elsewhere = join(folder, 'elsewhere');
    for (const one of [dir, join(dir, 'i1'), join(dir, 'i1', 'folder'), elsewhere]) await mkdir(one);
    await writeFile(join(dir, 'i1', 'plain'), '');
    await symlink(elsewhere, join(dir, 'out'));
    await symlink(join(dir, 'i1', 'plain'), join(dir, 'i1', 'link'));
    await symlink('i1', join(dir, 'sibling'));
    await symlink('nowhere', join(dir, 'dangling'));
    await writeFile(join(dir, 'file'), '');
    await symlink(dir, join(folder, 'linked'));
    const check = (path: string, where = dir) => assertNoLinks(testDisk(uuid), join(where, path), where);
    await check('i1/plain');
    await check('i1/none');
    await check('none/none');
    const problem = (path: string, text: string) => ({ facts: { path: join(dir, path), disk: uuid, problem: text, directory: dir } });
    await assert.rejects(check('out/x'), problem('out/x', 'its folder is a link to another place'));
    for (const path of ['sibling/plain', 'sibling/none', 'dangling/x'])
      await assert.rejects(check(path), problem(path, 'its folder is a link to another place'), path);
    await assert.rejects(check('file/x'), problem('file/x', 'its folder is a file'));
    await check('i1/plain', join(folder, 'linked'));
    await assert.rejects(check('i1/link'), problem('i1/link', 'it is not a regular file'));
    await assert.rejects(check('i1/folder'), problem('i1/folder', 'it is not a regular file'));
    const gone = join(folder, 'gone');
    await assert.rejects(check('i1/x', gone), { code: 'STORAGE_DIR_MISSING', facts: { directory: gone, template: 'sharedfile' } });
  });
});

describe('files of the storage', () => {
  it('need room', async () => {
    await requireRoom(folder, 0, 'x');
    await assert.rejects(requireRoom(folder, 1e12, 'disk x'), ({ code, facts }: GantryError) => {
      const { free, ...rest } = facts;
      assert.deepEqual([code, rest], ['STORAGE_FULL', { subject: 'disk x', directory: folder, needed: 1e12 }]);
      assert.ok(Number(free) > 0 && Number.isInteger(free));
      return true;
    });
    await assert.rejects(requireRoom(join(folder, 'gone'), 0, 'x'), { code: 'ENOENT' });
  });

  it('are made durable with their folder, which may be gone', async () => {
    await syncFolder(folder);
    await syncFolder(join(folder, 'gone'));
    await assert.rejects(syncFolder('/a\0b'), { code: 'ERR_INVALID_ARG_VALUE' });
  });

  it('that are missing are no fault, others are', () => {
    for (const code of ['ENOENT', 'ENOTDIR']) assert.equal(missing({ code }), null);
    assert.throws(() => missing(Object.assign(new Error('x'), { code: 'EACCES' })), { code: 'EACCES' });
  });

  it('run out of room in several words', () => {
    const out: unknown[] = [
      { code: 'ENOSPC' },
      { code: 'EDQUOT' },
      new Error('x: No space left on device'),
      new Error('Disk quota exceeded here'),
    ];
    assert.deepEqual(out.map(isOutOfRoom), [true, true, true, true]);
    assert.deepEqual([new Error('other'), { code: 'EIO' }].map(isOutOfRoom), [false, false]);
  });

  it('fail as storage, but for what is known already', async () => {
    const thrown = (error: unknown) => storageFailure('disk x', () => Promise.reject(error)).catch((one: unknown) => one as GantryError);
    const own = new GantryError('STORAGE_FULL', { subject: 's', directory: 'd', needed: 1, free: 0 });
    assert.equal(await thrown(own), own);
    for (const error of [new Error('broken'), 'broken', new GantryError('INTERNAL', { detail: 'broken' })]) {
      const told = await thrown(error);
      if (error instanceof GantryError) assert.equal(told, error);
      else assert.deepEqual([told.code, told.facts, told.cause], ['STORAGE_FAILED', { subject: 'disk x', problem: 'broken' }, error]);
    }
    for (const error of [
      new GantryError('COMMAND_FAILED', { command: 'c', outcome: 'o', stderr: 's' }),
      new GantryError('TIMED_OUT', { subject: 's', seconds: 1 }),
    ]) {
      const told = await thrown(error);
      assert.deepEqual([told.code, told.facts], ['STORAGE_FAILED', { subject: 'disk x', problem: error.message }]);
    }
    assert.equal(await storageFailure('x', async () => 7), 7);
  });
});

describe('the header of a qcow2 file', () => {
  const header = async (change: (bytes: Buffer) => void, length = 80) => {
    const bytes = Buffer.alloc(80);
    bytes.writeUInt32BE(0x514649fb, 0);
    bytes.writeUInt32BE(3, 4);
    bytes.writeBigUInt64BE(64n * 1024n * 1024n, 24);
    change(bytes);
    const path = join(folder, 'header');
    await writeFile(path, bytes.subarray(0, length));
    return readQcow2Header(path);
  };
  const size = 64 * 1024 * 1024;

  it('tells its size and whether it names other files', async () => {
    assert.deepEqual(await header(() => {}), { size, namesOthers: false });
    assert.deepEqual(await header(() => {}, 32), { size, namesOthers: false });
    assert.deepEqual(await header((bytes) => bytes.writeBigUInt64BE(104n, 8)), { size, namesOthers: true });
    assert.deepEqual(await header((bytes) => bytes.writeBigUInt64BE(4n, 72)), { size, namesOthers: true });
    assert.deepEqual(await header((bytes) => bytes.writeBigUInt64BE(5n, 72)), { size, namesOthers: true });
    assert.deepEqual(await header((bytes) => bytes.writeBigUInt64BE(3n, 72)), { size, namesOthers: false });
    const old = (bytes: Buffer) => {
      bytes.writeUInt32BE(2, 4);
      bytes.writeBigUInt64BE(4n, 72);
    };
    assert.deepEqual(await header(old), { size, namesOthers: false }, 'version 2 has no such features');
  });

  it('is none of another or a shorter file', async () => {
    assert.equal(await header((bytes) => bytes.writeUInt8(0, 0)), null);
    assert.equal(await header(() => {}, 31), null);
    assert.equal(await header(() => {}, 0), null);
  });
});
