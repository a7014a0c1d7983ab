import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtDiskTemplates } from '../../model/index.ts';
import { diskSpec, testContext, withCode } from './disk-template-conformance.ts';
import { createDiskTemplates, diskTemplateFor } from './disk-templates.ts';

describe('disk templates of a node', () => {
  const templates = createDiskTemplates({ fileStorageDir: '/nonexistent/a', sharedFileStorageDir: '/nonexistent/b' });

  it('finds each by its name', () => {
    for (const name of ['file', 'sharedfile', 'diskless'] as const) assert.equal(diskTemplateFor(templates, name).name, name);
    assert.throws(() => diskTemplateFor(templates, 'drbd'), withCode('STORAGE_TEMPLATE_UNSUPPORTED'));
  });

  it('are those that a cluster may enable', () => {
    assert.deepEqual([...templates.keys()].sort(), [...builtDiskTemplates].sort());
  });

  it('has nothing to do for diskless instances', async () => {
    const diskless = diskTemplateFor(templates, 'diskless');
    assert.deepEqual(await diskless.create(diskSpec(), { uuid: 'u', name: 'web1' }, testContext), { changed: false });
    assert.deepEqual(await diskless.list(), []);
    assert.deepEqual(await diskless.pools(), []);
    await assert.rejects(diskless.activate(diskSpec()), withCode('STORAGE_DISK_MISSING'));
  });
});
