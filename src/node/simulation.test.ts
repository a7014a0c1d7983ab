import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError } from '../base/index.ts';
import { createSimulation, type Simulation } from './simulation.ts';
import { testDisk, testInstance } from './testing/instance-spec.ts';
import { withCode } from './testing/with-code.ts';

const instance = testInstance();
const owner = { uuid: instance.uuid, name: instance.name };
const ref = { ...owner, hypervisor: instance.hypervisor };
let step = 0;
const newStep = () => ({ stepId: `step ${++step}` });

/** A cluster whose first node has the disk of the instance. */
async function withDisk(
  options: Partial<Parameters<typeof createSimulation>[0]> = {},
): Promise<{ cluster: Simulation; a: string; b: string }> {
  const cluster = await createSimulation({ nodes: 2, seed: 1, ...options });
  const [a = '', b = ''] = cluster.nodes;
  for (const disk of instance.disks) await cluster.call(a, 'disk-create', { disk, instance: owner }, newStep());
  return { cluster, a, b };
}

/** Nothing of any instance but its disks. */
function assertClean(cluster: Simulation, node: string): void {
  const { machines, devices, activations } = cluster.inspect(node);
  assert.deepEqual({ machines, devices, activations }, { machines: [], devices: [], activations: [] });
}

describe('simulated cluster', () => {
  it('answers node-info for a thousand nodes', async () => {
    const cluster = await createSimulation({ nodes: 1000, seed: 1 });
    const infos = await Promise.all(cluster.nodes.map((node) => cluster.call(node, 'node-info', {})));
    assert.deepEqual(
      infos.map(({ name }) => name),
      cluster.nodes,
    );
    assert.equal(infos[0]?.memory_free, 65_536 - 512);
  });

  it('runs an instance from its disk to its removal', async () => {
    const { cluster, a } = await withDisk();
    const seen: string[] = [];
    const onProgress = ({ text }: { text: string }) => seen.push(text);
    const installed = await cluster.call(a, 'os-install', { instance, reinstall: false, debug: 0 }, { ...newStep(), onProgress });
    assert.match(installed.log, /installed tiny/);
    assert.deepEqual(seen, ['installing tiny']);
    assertClean(cluster, a);
    assert.deepEqual(await cluster.call(a, 'instance-start', { instance }, newStep()), { changed: true });
    assert.deepEqual(await cluster.call(a, 'instance-start', { instance }, newStep()), { changed: false });
    assert.deepEqual(cluster.inspect(a).devices, ['fake-nic-of-i1']);
    const [runtime] = await cluster.call(a, 'instance-list', {});
    assert.equal(runtime?.state, 'running');
    const disk = instance.disks[0] ?? testDisk('none');
    await assert.rejects(cluster.call(a, 'disk-remove', { disk, instance: owner }, newStep()), withCode('INSTANCE_RUNNING'));
    await assert.rejects(cluster.call(a, 'os-install', { instance, reinstall: true, debug: 0 }, newStep()), withCode('INSTANCE_RUNNING'));
    assert.deepEqual(await cluster.call(a, 'instance-stop', { ...ref, timeout: 5 }, newStep()), { changed: true, graceful: true });
    assertClean(cluster, a);
    assert.deepEqual(await cluster.call(a, 'disk-remove', { disk, instance: owner }, newStep()), { changed: true });
    assert.deepEqual(cluster.sharedDisks(), []);
  });

  it('migrates, and leaves nothing on the other side', async () => {
    const { cluster, a, b } = await withDisk();
    await cluster.call(a, 'instance-start', { instance }, newStep());
    const { address, port } = await cluster.call(b, 'migration-accept', { instance, source_address: cluster.address(a) }, newStep());
    const params = { ...ref, address, port, live: true, bandwidth: 1024, downtime: 30 };
    const sent = await cluster.call(a, 'migration-send', params, newStep());
    assert.equal(sent.ram_mib, 128);
    await cluster.call(b, 'migration-finish', { ...ref, role: 'target', success: true }, newStep());
    await cluster.call(a, 'migration-finish', { ...ref, role: 'source', success: true }, newStep());
    assertClean(cluster, a);
    assert.deepEqual(cluster.inspect(b).machines, [{ uuid: 'i1', name: instance.name, state: 'running' }]);
    assert.deepEqual(cluster.inspect(b).devices, ['fake-nic-of-i1']);
  });

  it('takes back an aborted migration on the target and keeps the source', async () => {
    const { cluster, a, b } = await withDisk();
    await cluster.call(a, 'instance-start', { instance }, newStep());
    await cluster.call(b, 'migration-accept', { instance, source_address: cluster.address(a) }, newStep());
    await cluster.call(b, 'migration-finish', { ...ref, role: 'target', success: false }, newStep());
    await cluster.call(a, 'migration-finish', { ...ref, role: 'source', success: false }, newStep());
    assertClean(cluster, b);
    assert.equal(cluster.inspect(a).machines[0]?.state, 'running');
    assert.deepEqual(cluster.inspect(a).devices, ['fake-nic-of-i1']);
  });

  it('takes back everything when a start fails half-way', async () => {
    const { cluster, a } = await withDisk();
    const broken = testInstance('i1', { disks: [...instance.disks, testDisk('missing')] });
    await assert.rejects(cluster.call(a, 'instance-start', { instance: broken }, newStep()), withCode('STORAGE_DISK_MISSING'));
    assertClean(cluster, a);
    const wrongHypervisor = testInstance('i1', { hypervisor: 'lxc' });
    await assert.rejects(cluster.call(a, 'instance-start', { instance: wrongHypervisor }, newStep()), withCode('HYPERVISOR_UNSUPPORTED'));
    assertClean(cluster, a);
  });

  it('plays nodes that are down, hang or talk nonsense, until the fault is taken away', async () => {
    const cluster = await createSimulation({ nodes: 1, seed: 1 });
    const [node = ''] = cluster.nodes;
    for (const [fault, code] of [
      ['down', 'NODE_UNREACHABLE'],
      ['hang', 'NODE_TIMED_OUT'],
      ['garbage', 'NODE_GARBLED'],
    ] as const) {
      cluster.setFault(node, fault);
      await assert.rejects(cluster.call(node, 'node-info', {}), withCode(code));
    }
    cluster.setFault(node, null);
    assert.equal((await cluster.call(node, 'node-info', {})).name, node);
    await assert.rejects(cluster.call('elsewhere', 'node-info', {}), withCode('NODE_UNREACHABLE'));
  });

  it('fails the n-th call, before its effect or after', async () => {
    const error = new GantryError('STORAGE_FULL', { subject: 'it', directory: '/', needed: 1, free: 0 });
    const { cluster, a } = await withDisk({
      faults: [
        { method: 'instance-start', nth: 2, error },
        { method: 'instance-stop', nth: 1, error, when: 'after' },
      ],
    });
    await cluster.call(a, 'instance-start', { instance }, newStep());
    await assert.rejects(cluster.call(a, 'instance-start', { instance }, newStep()), withCode('STORAGE_FULL'));
    await assert.rejects(cluster.call(a, 'instance-stop', { ...ref, timeout: 0 }, newStep()), withCode('STORAGE_FULL'));
    assertClean(cluster, a);
    assert.deepEqual(await cluster.call(a, 'instance-stop', { ...ref, timeout: 0 }, newStep()), { changed: false, graceful: false });
    assert.equal(cluster.count('instance-stop', a), 2);
  });

  it('keeps the world of a killed agent, which finds it again', async () => {
    const { cluster, a } = await withDisk();
    await cluster.call(a, 'instance-start', { instance }, newStep());
    cluster.killAgent(a);
    await assert.rejects(cluster.call(a, 'node-info', {}), withCode('NODE_UNREACHABLE'));
    await cluster.startAgent(a);
    const [runtime] = await cluster.call(a, 'instance-list', {});
    assert.equal(runtime?.state, 'running');
    await cluster.call(a, 'instance-stop', { ...ref, timeout: 0 }, newStep());
    assertClean(cluster, a);
  });

  it('stops what a killed agent was doing where it is', async () => {
    const { cluster, a } = await withDisk();
    const call = cluster.call(a, 'instance-start', { instance }, newStep());
    // The handler has begun, but its first touch of the world comes after the kill.
    cluster.killAgent(a);
    await assert.rejects(call, withCode('NODE_UNREACHABLE'));
    await new Promise(setImmediate);
    assert.deepEqual(cluster.inspect(a).machines, []);
  });

  it('refuses an old master, also after a restart of the agent', async () => {
    const { cluster, a } = await withDisk();
    const newMaster = cluster.withTerm(7);
    await newMaster.call(a, 'instance-start', { instance }, newStep());
    await assert.rejects(
      cluster.call(a, 'instance-stop', { ...ref, timeout: 0 }, newStep()),
      withCode('NODE_REFUSED_TERM', /term is 1.*term 7/),
    );
    cluster.killAgent(a);
    await cluster.startAgent(a);
    await assert.rejects(cluster.call(a, 'instance-stop', { ...ref, timeout: 0 }, newStep()), withCode('NODE_REFUSED_TERM'));
    assert.equal(cluster.inspect(a).machines.length, 1);
  });

  it('reports parameters that do not fit the contract', async () => {
    const cluster = await createSimulation({ nodes: 1, seed: 1 });
    const bad = { disk: testDisk('d', { size: 0.5 }), instance: owner };
    await assert.rejects(cluster.call(cluster.nodes[0] ?? '', 'disk-create', bad, newStep()), withCode('INPUT_INVALID'));
  });

  it('lets many calls on many instances run, each instance one call after the other', async () => {
    const cluster = await createSimulation({ nodes: 3, seed: 5, delayMs: [0, 3] });
    const [node = ''] = cluster.nodes;
    const many = Array.from({ length: 20 }, (_, index) => testInstance(`i${index}`));
    await Promise.all(
      many.map(({ disks: [disk = testDisk('x')], uuid, name }) =>
        cluster.call(node, 'disk-create', { disk, instance: { uuid, name } }, newStep()),
      ),
    );
    await Promise.all(
      many.flatMap(({ uuid, name }, index) => [
        cluster.call(node, 'instance-start', { instance: testInstance(`i${index}`) }, newStep()),
        cluster.call(node, 'instance-stop', { uuid, name, hypervisor: 'fake', timeout: 0 }, newStep()),
        cluster.call(node, 'instance-start', { instance: testInstance(`i${index}`) }, newStep()),
      ]),
    );
    const { machines, devices } = cluster.inspect(node);
    // Whatever the order was, devices and machines fit together.
    assert.deepEqual(devices.toSorted(), machines.map(({ uuid }) => `fake-nic-of-${uuid}`).toSorted());
  });
});
