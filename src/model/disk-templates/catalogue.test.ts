import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Type } from 'typebox';
import { defaultDiskparams } from '../params/diskparams.ts';
import { validate } from '../validate.ts';
import {
  builtDiskTemplates,
  type DiskTemplate,
  diskSpaceOf,
  diskTemplateCatalogue,
  diskTemplateRow,
  diskTemplates,
  ganetiDiskTemplates,
  mirroringOf,
  requiredNodes,
  supportsMoves,
  usesLocalStorage,
} from './catalogue.ts';
import type { LogicalIdPart } from './disk-template-row.ts';
import { requireLogicalId } from './require-logical-id.ts';

const where = (holds: (template: DiskTemplate) => boolean) => ganetiDiskTemplates.filter(holds);

describe('the catalogue of disk templates', () => {
  it('has a file for each row, named after it', () => {
    const files = readdirSync(import.meta.dirname).map((name) => name.replace(/\.ts$/, ''));
    assert.deepEqual(
      diskTemplates.filter((template) => !files.includes(template)),
      [],
    );
  });

  it('has what Ganeti says of each template', () => {
    const ganeti = ['diskless', 'file', 'sharedfile', 'plain', 'blockdev', 'drbd', 'rbd', 'ext', 'gluster'];
    assert.deepEqual(ganetiDiskTemplates, ganeti);
    assert.deepEqual(diskTemplates.slice(0, ganeti.length), ganeti);
    assert.deepEqual(
      where((template) => mirroringOf(template) === 'external'),
      ['diskless', 'sharedfile', 'blockdev', 'rbd', 'ext', 'gluster'],
    );
    assert.deepEqual(
      where((template) => mirroringOf(template) === 'internal'),
      ['drbd'],
    );
    assert.deepEqual(where(usesLocalStorage), ['plain', 'drbd']);
    assert.deepEqual(where(supportsMoves), ['sharedfile', 'blockdev', 'drbd', 'rbd', 'ext', 'gluster']);
    assert.deepEqual(
      where((template) => requiredNodes(template) === 2),
      ['drbd'],
    );
    // Ganeti's N+1 check takes these for movable to any node of the group; a device given by hand is not.
    assert.deepEqual(
      where((template) => diskTemplateRow(template).placement.rescue === 'anywhere'),
      ['diskless', 'sharedfile', 'rbd', 'ext', 'gluster'],
    );
    assert.deepEqual([diskSpaceOf('drbd', 1024), diskSpaceOf('plain', 1024)], [1152, 1024]);
    assert.equal(defaultDiskparams.gluster['port'], 24007);
    assert.deepEqual(defaultDiskparams.file, {});
  });

  it('has no row that contradicts itself', () => {
    for (const template of diskTemplates) {
      const { mirroring, reach, roles, built, newLogicalId, space, placement } = diskTemplateRow(template);
      assert.equal(mirroring === 'internal', roles.includes('secondary'), template);
      assert.ok(roles.includes('primary') && new Set(roles).size === roles.length, template);
      assert.equal(reach === 'none', space === null, template);
      assert.ok(reach !== 'shared' || mirroring === 'external', template);
      assert.equal(placement.rescue === 'failover', mirroring === 'internal', template);
      assert.ok(!built || reach === 'none' || newLogicalId !== undefined, `${template} can be enabled, so it can be created`);
    }
  });

  it('gives a new disk a logical_id of its own form', () => {
    const cluster = { file_storage_dir: '/srv/file', shared_file_storage_dir: '/srv/shared' };
    const disk = { cluster, instance: { uuid: 'i1', name: 'web1' }, uuid: 'd1', format: 'qcow2' };
    for (const template of builtDiskTemplates) {
      const { newLogicalId, logicalId } = diskTemplateRow(template);
      if (newLogicalId) validate(logicalId(Type), newLogicalId(disk), template);
    }
  });

  it('loads nothing, so that htools begin quickly', () => {
    const script = `import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      await import(${JSON.stringify(join(import.meta.dirname, 'catalogue.ts'))});
      if (loaded.some((url) => !url.includes('/disk-templates/'))) throw new Error(loaded.join());`;
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
});

describe('logical_id', () => {
  const drbd: LogicalIdPart[] = ['n1', 'n2', 11_000, 0, 3, 'sealed'];

  it('has the form of its template', () => {
    const [nodeA, , port, minorA] = requireLogicalId('drbd', drbd);
    assert.deepEqual([nodeA, port, minorA], ['n1', 11_000, 0]);
    assert.deepEqual(requireLogicalId('plain', ['xenvg', 'disk0']), ['xenvg', 'disk0']);
    assert.deepEqual(requireLogicalId('file', []), []);
    for (const [template, id] of [
      ['drbd', drbd.slice(1)],
      ['drbd', drbd.map(String)],
      ['plain', ['xenvg']],
      ['file', ['loop', 7]],
      ['rbd', ['loop', 'x']],
      ['blockdev', ['manual', 'dev/sdb']],
      ['diskless', ['x']],
    ] as const)
      assert.throws(() => requireLogicalId(template, id), { code: 'INPUT_INVALID' }, template);
  });

  it('fits the schema of a disk, for every template', () => {
    assert.equal(Object.keys(diskTemplateCatalogue).length, diskTemplates.length);
    for (const template of diskTemplates) requireLogicalIdSchema(template);
  });
});

/** The schema is of a list, which is what is stored. */
function requireLogicalIdSchema(template: DiskTemplate): void {
  const schema = diskTemplateRow(template).logicalId(Type) as { type?: string; anyOf?: { type: string }[] };
  for (const { type } of schema.anyOf ?? [{ type: schema.type }]) assert.equal(type, 'array', template);
}
