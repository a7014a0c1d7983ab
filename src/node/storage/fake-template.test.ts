import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError } from '../../base/index.ts';
import { diskSpec, diskTemplateConformance, testContext, withCode } from './disk-template-conformance.ts';
import { createFakeTemplate, type FakeDisk } from './fake-template.ts';

diskTemplateConformance('fake', 'raw', async () => createFakeTemplate());

describe('fake template', () => {
  const owner = { uuid: 'u', name: 'web1' };

  it('fails and delays as it is told', async () => {
    const slept: number[] = [];
    const adapter = createFakeTemplate({
      clock: {
        now: () => 0,
        sleep: async (ms) => {
          slept.push(ms);
        },
      },
      before: (operation) => {
        if (operation === 'remove') throw new GantryError('STORAGE_FAILED', { subject: 'x', problem: 'injected' });
        return operation === 'create' ? 250 : 0;
      },
    });
    const disk = diskSpec();
    await adapter.create(disk, owner, testContext);
    await assert.rejects(adapter.remove(disk, owner), withCode('STORAGE_FAILED'));
    assert.deepEqual(slept, [250]);
    assert.equal((await adapter.list()).length, 1);
  });

  it('shares its disks between nodes when they share the map', async () => {
    const disks = new Map<string, FakeDisk>();
    const [here, there] = [createFakeTemplate({ name: 'sharedfile', disks }), createFakeTemplate({ name: 'sharedfile', disks })];
    const disk = diskSpec({ dev_type: 'sharedfile' });
    await here.create(disk, owner, testContext);
    assert.equal((await there.activate(disk)).size, 8 * 1024 * 1024);
  });
});
