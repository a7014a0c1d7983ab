import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { type ErrorCode, GantryError, silentOperation } from '../../base/index.ts';
import { diskTemplateRow } from '../../model/index.ts';
import type { DiskSpec, HandlerContext } from '../../rpc/index.ts';
import { blockPlace, formatOf } from './block-node.ts';
import type { DiskTemplateAdapter } from './disk-template.ts';

export const testContext: HandlerContext = {
  stepId: undefined,
  operation: silentOperation,
  progress: () => undefined,
  signal: new AbortController().signal,
};

export const diskSpec = (fields: Partial<DiskSpec> = {}): DiskSpec => ({
  uuid: randomUUID(),
  dev_type: 'file',
  size: 8,
  mode: 'rw',
  format: 'raw',
  logical_id: [],
  params: {},
  ...fields,
});

export const withCode = (code: ErrorCode) => (thrown: unknown) => thrown instanceof GantryError && thrown.code === code;

/** What every disk template must do; `make` gives an adapter on empty storage with a free room of 64 MiB to 1 PiB. */
export function diskTemplateConformance(title: string, format: DiskSpec['format'], make: () => Promise<DiskTemplateAdapter>): void {
  const owner = { uuid: randomUUID(), name: 'conform1' };
  const newDisk = (adapter: DiskTemplateAdapter, fields: Partial<DiskSpec> = {}): DiskSpec =>
    diskSpec({ dev_type: adapter.name, format, ...fields });

  describe(`disk template ${title}`, () => {
    it('makes a disk once and finds it again', async () => {
      const adapter = await make();
      const disk = newDisk(adapter);
      assert.deepEqual(await adapter.create(disk, owner, testContext), { changed: true });
      assert.deepEqual(await adapter.create(disk, owner, testContext), { changed: false });
      const block = await adapter.activate(disk);
      assert.equal(block.size, 8 * 1024 * 1024);
      assert.equal(formatOf(block), format);
      const facts = { path: blockPlace(block), dev_type: adapter.name, instance_uuid: owner.uuid, disk_uuid: disk.uuid, size: 8 };
      assert.deepEqual(await adapter.list(), [facts]);
      assert.deepEqual(await adapter.find(disk, owner), facts);
      assert.equal(await adapter.find(newDisk(adapter), owner), null);
      await adapter.deactivate(disk);
      await adapter.deactivate(disk);
    });

    it('removes a disk once, and is content when it is gone', async () => {
      const adapter = await make();
      const [disk, other] = [newDisk(adapter), newDisk(adapter)];
      for (const one of [disk, other]) await adapter.create(one, owner, testContext);
      assert.deepEqual(await adapter.remove(disk, owner), { changed: true });
      assert.deepEqual(await adapter.remove(disk, owner), { changed: false });
      assert.deepEqual(
        (await adapter.list()).map((one) => one.disk_uuid),
        [other.uuid],
      );
      await adapter.remove(other, owner);
      assert.deepEqual(await adapter.list(), []);
    });

    it('names a missing disk', async () => {
      const adapter = await make();
      const disk = newDisk(adapter);
      await assert.rejects(adapter.activate(disk), withCode('STORAGE_DISK_MISSING'));
      if (adapter.grow) await assert.rejects(adapter.grow(disk, 20), withCode('STORAGE_DISK_MISSING'));
      if (adapter.snapshot) await assert.rejects(adapter.snapshot(disk, 'one'), withCode('STORAGE_DISK_MISSING'));
    });

    it('grows, where the row of its template says so, and never shrinks', async () => {
      const adapter = await make();
      assert.equal(adapter.grow !== undefined, diskTemplateRow(adapter.name).growable);
      if (!adapter.grow) return;
      const disk = newDisk(adapter);
      await adapter.create(disk, owner, testContext);
      assert.deepEqual(await adapter.grow(disk, 12), { changed: true });
      assert.deepEqual(await adapter.grow(disk, 12), { changed: false });
      assert.deepEqual(await adapter.grow(disk, 4), { changed: false });
      assert.equal((await adapter.activate(disk)).size, 12 * 1024 * 1024);
    });

    it('refuses what does not fit and leaves nothing behind', async () => {
      const adapter = await make();
      const [space] = await adapter.pools();
      assert.ok(space && space.free <= space.total);
      const disk = newDisk(adapter, { size: space.free + 1024 });
      await assert.rejects(adapter.create(disk, owner, testContext), withCode('STORAGE_FULL'));
      assert.deepEqual(await adapter.list(), []);
      const small = newDisk(adapter);
      await adapter.create(small, owner, testContext);
      if (adapter.grow) await assert.rejects(adapter.grow(small, space.total + 1024), withCode('STORAGE_FULL'));
      assert.equal((await adapter.activate(small)).size, 8 * 1024 * 1024);
    });

    it('refuses to make a disk over another one', async () => {
      const adapter = await make();
      const disk = newDisk(adapter);
      await adapter.create(disk, owner, testContext);
      await assert.rejects(adapter.create({ ...disk, size: 9 }, owner, testContext), withCode('STORAGE_DISK_EXISTS'));
      assert.equal((await adapter.activate(disk)).size, 8 * 1024 * 1024);
    });

    it('takes a snapshot once, where it can, and removes it with its disk', async () => {
      const adapter = await make();
      if (!adapter.snapshot) return;
      const disk = newDisk(adapter);
      await adapter.create(disk, owner, testContext);
      assert.deepEqual(await adapter.snapshot(disk, 'before-upgrade'), { changed: true });
      assert.deepEqual(await adapter.snapshot(disk, 'before-upgrade'), { changed: false });
      await adapter.remove(disk, owner);
      assert.deepEqual(await adapter.list(), []);
    });
  });
}
