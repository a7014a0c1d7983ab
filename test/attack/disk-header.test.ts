import assert from 'node:assert/strict';
import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { GantryError, run } from '../../src/base/index.ts';
import { runAsOwner } from '../../src/host/accounts/unprivileged.ts';
import { diskSpec, testContext } from '../../src/node/storage/disk-template-conformance.ts';
import { createFileTemplate } from '../../src/node/storage/file-template.ts';

// QEMU's user owns the image of its disk. It writes the name of another file into the header, for root's tools to open.

const owner = { uuid: '2b1a1f5e-0000-4000-8000-000000000001', name: 'web1' };
const uid = 310_999;
let folder: string;
let secret: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-header-'));
  await chmod(folder, 0o711);
  secret = join(folder, 'secret.raw');
  await writeFile(secret, Buffer.alloc(1024 * 1024, 's'), { mode: 0o600 });
});
after(() => rm(folder, { recursive: true }));

/** A disk that was made and given to its user. */
async function madeDisk(inside: string = owner.uuid) {
  const template = createFileTemplate('file', folder);
  const { uuid } = diskSpec();
  const disk = diskSpec({ uuid, dev_type: 'file', format: 'qcow2', logical_id: ['loop', `${inside}/${uuid}.qcow2`] });
  await template.create(disk, owner, testContext);
  const path = join(folder, inside, `${disk.uuid}.qcow2`);
  await chown(path, uid, uid);
  return { template, disk, path };
}

const refused = (error: unknown) => {
  assert.ok(error instanceof GantryError);
  assert.equal(error.code, 'STORAGE_FAILED');
  assert.match(error.message, /names another file/);
  return true;
};

describe('header of a disk image', () => {
  for (const [what, options] of [
    ['a backing file', (path: string) => ['-b', secret, '-F', 'raw', path, '8M']],
    ['a file with its data', (path: string) => ['-o', `data_file=${secret},data_file_raw=on`, path, '1M']],
  ] as const) {
    it(`that names ${what} is used for nothing`, async () => {
      const { template, disk, path } = await madeDisk();
      await run('qemu-img', ['create', '-q', '-f', 'qcow2', ...options(path)]);
      await chown(path, uid, uid);
      const content = await readFile(secret);
      await assert.rejects(template.activate(disk), refused);
      await assert.rejects(template.grow(disk, 64), refused);
      await assert.rejects(template.snapshot(disk, 's1'), refused);
      assert.ok((await readFile(secret)).equals(content));
      await template.remove(disk, owner);
      assert.equal((await stat(secret)).size, content.length);
    });
  }

  it('that names a service is not followed when the disk is moved', async () => {
    const { template, disk, path } = await madeDisk('web1');
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    server.unref();
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await run('qemu-img', ['create', '-q', '-u', '-f', 'qcow2', '-b', `nbd://127.0.0.1:${port}/x`, '-F', 'raw', path, '8M']);
    await chown(path, uid, uid);
    const move = () => template.rename(disk, ['loop', `${owner.uuid}/${disk.uuid}.qcow2`], owner);
    await assert.rejects(move, refused);
    assert.equal((await stat(path)).uid, uid);
    assert.equal(connections, 0);
    await template.remove(disk, owner);
  });

  it('that is changed right before a tool opens it leads the tool to nothing that its user may not have', async () => {
    const { path, template, disk } = await madeDisk();
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', secret, '-F', 'raw', path, '8M']);
    await chown(path, uid, uid);
    await assert.rejects(runAsOwner(path, 'qemu-img', ['snapshot', '-c', 's1', path]), /Permission denied/);
    await template.remove(disk, owner);
  });

  it('of an honest disk is no hindrance, though the tools have no privilege', async () => {
    const { template, disk, path } = await madeDisk();
    assert.deepEqual(await template.snapshot(disk, 's1'), { changed: true });
    assert.deepEqual(await template.snapshot(disk, 's1'), { changed: false });
    assert.equal((await stat(path)).uid, uid);
    assert.equal((await stat(dirname(path))).mode & 0o777, 0o711);
    await template.remove(disk, owner);
  });
});
