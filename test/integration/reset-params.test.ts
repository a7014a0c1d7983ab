import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { defaultBeparams, defaultNdparams, defaultNicparams } from '../../src/model/index.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';

// "default" as value of a parameter takes away what was set at that level, as in Ganeti.

let master: SimulatedMaster;
afterEach(() => master.close());

const config = () => master.leading.services.config.current;
const group = () => config().groups.find('default');
const node = () => config().nodes.find('node1');
const modify = (kind: 'CLUSTER' | 'GROUP' | 'NODE', more: object) =>
  master.run({
    OP_ID: `OP_${kind}_SET_PARAMS`,
    ...(kind === 'GROUP' ? { group_name: 'default' } : kind === 'NODE' ? { node_name: 'node1' } : {}),
    ...more,
  });

test('ndparams of a node and of a group', async () => {
  master = await startSimulatedMaster(1);
  for (const kind of ['NODE', 'GROUP'] as const) {
    const own = () => (kind === 'NODE' ? node() : group())?.ndparams;
    await modify(kind, { ndparams: { ssh_port: 2222, ovs: true } });
    assert.deepEqual(own(), { ssh_port: 2222, ovs: true });
    await modify(kind, { ndparams: { ssh_port: 'default', spindle_count: 3 } });
    assert.deepEqual(own(), { ovs: true, spindle_count: 3 });
    await modify(kind, { ndparams: { cpu_speed: 'default' } });
    assert.deepEqual(own(), { ovs: true, spindle_count: 3 });
  }
});

test('diskparams and the policy of a group', async () => {
  master = await startSimulatedMaster(1);
  await modify('GROUP', { diskparams: { plain: { stripes: 2 }, rbd: { pool: 'ssd' } } });
  await modify('GROUP', { diskparams: { plain: { stripes: 'default' } } });
  assert.deepEqual(group()?.diskparams, { plain: {}, rbd: { pool: 'ssd' } });
  const policy = { 'vcpu-ratio': 8, 'spindle-ratio': 16, 'disk-templates': ['file'] };
  await modify('GROUP', { ipolicy: policy });
  assert.deepEqual(group()?.ipolicy, policy);
  await modify('GROUP', { ipolicy: { 'vcpu-ratio': 'default', 'disk-templates': ['default'] } });
  assert.deepEqual(group()?.ipolicy, { 'spindle-ratio': 16 });
  await modify('GROUP', { ipolicy: { 'disk-templates': ['file'] } });
  await modify('GROUP', { ipolicy: { 'disk-templates': 'default', 'spindle-ratio': 'default' } });
  assert.deepEqual(group()?.ipolicy, {});
});

test('at the level of the cluster the built-in default comes back', async () => {
  master = await startSimulatedMaster(1);
  await modify('CLUSTER', {
    beparams: { maxmem: 4096, vcpus: 4 },
    ndparams: { ssh_port: 2222 },
    nicparams: { link: 'br7' },
    hvparams: { kvm: { acpi: false, serial_speed: 9600 } },
    os_hvp: { tiny: { kvm: { acpi: true, disk_cache: 'none' } } },
    diskparams: { plain: { stripes: 4 } },
  });
  await modify('CLUSTER', {
    beparams: { maxmem: 'default' },
    ndparams: { ssh_port: 'default' },
    nicparams: { link: 'default' },
    hvparams: { kvm: { acpi: 'default' } },
    os_hvp: { tiny: { kvm: { disk_cache: 'default' } } },
    diskparams: { plain: { stripes: 'default' } },
  });
  const { cluster } = config();
  assert.deepEqual(cluster.beparams, { ...defaultBeparams, vcpus: 4 });
  assert.deepEqual(cluster.ndparams, defaultNdparams);
  assert.deepEqual(cluster.nicparams, defaultNicparams);
  assert.deepEqual(cluster.hvparams['kvm'], { serial_speed: 9600 });
  assert.deepEqual(cluster.os_hvp, { tiny: { kvm: { acpi: true } } });
  assert.deepEqual(cluster.diskparams['plain'], {});
});

test('the policy of the cluster has no level above and keeps all its members', async () => {
  master = await startSimulatedMaster(1);
  await assert.rejects(modify('CLUSTER', { ipolicy: { 'vcpu-ratio': 'default' } }), { code: 'INPUT_INVALID' });
});

test('beparams of a creation may be "auto": what the cluster has at this moment', async () => {
  master = await startSimulatedMaster(1);
  await modify('CLUSTER', { beparams: { vcpus: 3 } });
  const beparams = { vcpus: 'auto', maxmem: 256, minmem: 'auto' };
  await master.run({
    OP_ID: 'OP_INSTANCE_CREATE',
    instance_name: 'web1',
    disk_template: 'diskless',
    os_type: 'tiny',
    start: false,
    beparams,
  });
  assert.deepEqual(config().instances.find('web1')?.beparams, { vcpus: 3, maxmem: 256, minmem: 128 });
});
