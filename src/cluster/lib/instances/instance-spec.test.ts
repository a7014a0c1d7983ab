import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultBeparams, defaultKvmHvparams, fillDiskparams, fillNdparams } from '../../../model/index.ts';
import { plainConfig, plainGroup, plainInstance, plainNode } from '../../testing/plain-config.ts';
import { instanceSpec } from './instance-spec.ts';

/** For each level from the weakest on: a parameter is what the last of the given levels says. */
function levelsUpTo(count: number) {
  const at = <T>(level: number, value: T): T | undefined => (level < count ? value : undefined);
  const kvm = (level: number) => ({ kvm: at(level, { boot_order: `level${level}` }) ?? {} });
  const cluster = { hvparams: kvm(0), os_hvp: { tiny: kvm(1), 'tiny+big': kvm(2) } };
  const instance = plainInstance(1, 0, 64, { os: 'tiny+big', hvparams: kvm(3).kvm });
  const config = plainConfig({ cluster, nodes: [plainNode(0)], instances: [instance] });
  return instanceSpec(config, instance, { hvparams: kvm(4).kvm }).hvparams['boot_order'];
}

test('hypervisor parameters: built in, cluster, OS, its variant, instance, this start; the later wins', () => {
  assert.equal(levelsUpTo(0), defaultKvmHvparams.boot_order);
  for (let count = 1; count <= 5; count++) assert.equal(levelsUpTo(count), `level${count - 1}`);
});

test('memory and processors: cluster, instance, this start; the later wins, each by itself', () => {
  const cluster = { beparams: { ...defaultBeparams, minmem: 100, maxmem: 200, vcpus: 3 } };
  const instance = plainInstance(1, 0, 64, { beparams: { maxmem: 300, vcpus: 4 } });
  const config = plainConfig({ cluster, nodes: [plainNode(0)], instances: [instance] });
  const sizes = (overrides = {}) => {
    const { memory, min_memory, vcpus } = instanceSpec(config, instance, { beparams: overrides });
    return [min_memory, memory, vcpus];
  };
  assert.deepEqual(sizes(), [100, 300, 4]);
  assert.deepEqual(sizes({ vcpus: 5 }), [100, 300, 5]);
  assert.deepEqual(sizes({ minmem: 50, maxmem: 400 }), [50, 400, 4]);
});

test('node and disk parameters: cluster, group, node or disk; the later wins', () => {
  const group = plainGroup(0, { ndparams: { ssh_port: 2 }, diskparams: { file: { a: 'group' } } });
  const diskparams = { file: { a: 'cluster', b: 'cluster', c: 'cluster' } };
  const instance = plainInstance(1, 0, 64);
  const disks = instance.disks.map((disk) => ({ ...disk, params: { b: 'disk' } }));
  const config = plainConfig({ cluster: { diskparams }, groups: [group], nodes: [plainNode(0)], instances: [{ ...instance, disks }] });
  assert.deepEqual(instanceSpec(config, { ...instance, disks }).disks[0]?.params, { a: 'group', b: 'disk', c: 'cluster' });
  assert.equal(fillDiskparams(config.cluster, undefined, 'file')['a'], 'cluster');
  assert.equal(fillNdparams(config.cluster, group, { ndparams: { ssh_port: 3 } }).ssh_port, 3);
  assert.equal(fillNdparams(config.cluster, group, { ndparams: {} }).ssh_port, 2);
});
