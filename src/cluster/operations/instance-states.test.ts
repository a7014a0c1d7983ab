import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { watcherPrincipal } from '../../access/index.ts';
import { GantryError } from '../../base/index.ts';
import type { Operation, StepContext } from '../../jobs/index.ts';
import type { Instance, Node } from '../../model/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { stopStep } from '../lib/instances/running-steps.ts';
import { perform, runtimeOfPlain, type Scene } from '../testing/perform.ts';
import { plainInstance, plainLive, plainNode, plainUuid } from '../testing/plain-config.ts';
import { instanceReboot } from './instance-reboot.ts';
import { instanceRemove } from './instance-remove.ts';
import { instanceResume } from './instance-resume.ts';
import { instanceShutdown } from './instance-shutdown.ts';
import { instanceStartup } from './instance-startup.ts';

// Operations that change how an instance runs on its node.

const [node0, node1, uuid] = [plainUuid(2, 0), plainUuid(2, 1), plainUuid(3, 0)];
const lost = new GantryError('NODE_UNREACHABLE', { node: 'node0', address: '192.0.2.1:1811', problem: 'no route' });
const broken = new GantryError('HYPERVISOR_START_FAILED', { name: 'instance0', problem: 'it broke' });
const ref = { uuid, name: 'instance0', hypervisor: 'kvm' } as const;
const running = { 'node0 instance-list': [runtimeOfPlain(9), runtimeOfPlain(0)] };

interface Wish {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly instance?: Partial<Instance>;
  readonly node?: Partial<Node>;
  readonly scene?: Scene;
  readonly answers?: Scene['answers'];
}

const on =
  (make: (parts: ClusterParts) => Operation) =>
  ({ params, instance, node, scene, answers = {} }: Wish = {}) =>
    perform(
      make,
      { instance_name: 'instance0', ...params },
      { nodes: [plainNode(0, node), plainNode(1)], instances: [plainInstance(0, 0, 1024, instance)], answers, ...scene },
    );

const stateOf = ({ config }: Awaited<ReturnType<typeof perform>>) => {
  const { admin_state, admin_state_source, disks_active, moving_to } = config.instances.get(uuid) as Instance;
  return [admin_state, admin_state_source, disks_active, moving_to];
};

describe('startup', () => {
  const startup = on(instanceStartup);

  it('starts the instance and records that it is up', async () => {
    const outcome = await startup({ instance: { admin_state: 'down', disks_active: false, admin_state_source: 'user', moving_to: node1 } });
    assert.deepEqual(outcome.calls, ['node0 instance-start']);
    assert.deepEqual(stateOf(outcome), ['up', 'admin', true, undefined]);
    assert.equal(outcome.result, null);
  });

  it('starts it with other parameters for once', async () => {
    const params = { hvparams: { boot_order: 'cdrom' }, beparams: { vcpus: 3, maxmem: 2048 }, no_remember: true };
    const outcome = await startup({ params, instance: { admin_state: 'down', hvparams: { acpi: false } } });
    const { instance } = outcome.params[0] as { instance: { vcpus: number; memory: number; min_memory: number; hvparams: object } };
    assert.deepEqual([instance.vcpus, instance.memory], [3, 2048]);
    const { boot_order, acpi } = instance.hvparams as Record<string, unknown>;
    assert.deepEqual([boot_order, acpi], ['cdrom', false]);
    assert.deepEqual(stateOf(outcome).slice(0, 1), ['down'], 'not recorded');
  });

  it('first moves disks that an earlier version made, and records what was moved; so does a hard reboot', async () => {
    const disk = plainUuid(4, 0);
    const [old] = plainInstance(0, 0, 1024).disks;
    const instance = { admin_state: 'up', disks: [{ ...old, logical_id: ['loop', `instance0/${disk}.raw`] }] } as Partial<Instance>;
    const place = ({ config }: Awaited<ReturnType<typeof perform>>) => config.instances.get(uuid)?.disks[0]?.logical_id[1];
    const moved = await startup({ instance });
    assert.deepEqual(moved.calls, ['node0 disk-rename', 'node0 instance-start']);
    assert.equal(place(moved), `${uuid}/${disk}.raw`);
    const { disks } = (moved.params[1] as { instance: Pick<Instance, 'disks'> }).instance;
    assert.equal(disks[0]?.logical_id[1], place(moved), 'it starts with the new path');
    const busy = new GantryError('STORAGE_DISK_BUSY', { disk, path: '/x' });
    assert.equal(place(await startup({ instance, answers: { 'node0 disk-rename': busy } })), `instance0/${disk}.raw`);
    const reboot = on(instanceReboot);
    const hard = await reboot({ instance, params: { reboot_type: 'hard' } });
    assert.deepEqual([hard.calls.slice(-2), place(hard)], [['node0 disk-rename', 'node0 instance-start'], `${uuid}/${disk}.raw`]);
  });

  it('is not undone, so that what somebody else started goes on', async () => {
    const { calls, error } = await startup({ answers: { 'node0 instance-start': broken } });
    assert.equal(error, broken);
    assert.deepEqual(calls, ['node0 instance-start', 'undo start']);
  });

  it('does nothing for the watcher when the instance was stopped meanwhile', async () => {
    const scene = { principal: watcherPrincipal };
    const outcome = await startup({ scene, instance: { admin_state: 'down' } });
    assert.deepEqual([outcome.calls, outcome.steps], [[], []]);
    assert.deepEqual(outcome.log, ['Instance instance0 is to be down now and is not started.']);
    const dry = await startup({ scene: { ...scene, dryRun: true }, instance: { admin_state: 'down' } });
    assert.deepEqual(dry.calls, []);
    assert.deepEqual((await startup({ scene })).calls, ['node0 instance-start'], 'it should run');
    assert.deepEqual((await startup({ instance: { admin_state: 'down' } })).log, [], 'somebody else asks');
  });

  it('asks the node in a dry run what a start would refuse', async () => {
    const dry = await startup({ scene: { dryRun: true }, params: { beparams: { vcpus: 3 } } });
    assert.deepEqual(dry.calls, ['node0 instance-check']);
    const { instance, disks } = dry.params[0] as { instance: { vcpus: number }; disks: string };
    assert.deepEqual([instance.vcpus, disks], [3, 'present']);
    const answers = { 'node0 instance-check': broken };
    await assert.rejects(startup({ scene: { dryRun: true }, answers }), { code: 'HYPERVISOR_START_FAILED' });
  });

  it('refuses what no node could start', async () => {
    const cases: [Wish, string][] = [
      [{ params: { instance_name: 'no' } }, 'OBJECT_UNKNOWN'],
      [{ node: { offline: true } }, 'NODE_OFFLINE'],
      [{ params: { hvparams: { acpi: 'perhaps' } } }, 'INPUT_INVALID'],
      [{ params: { hvparams: { boot_ordr: 'disk' } } }, 'INPUT_INVALID'],
      [{ params: { beparams: { minmem: 4096 } } }, 'INPUT_INVALID'],
      [{ params: { beparams: { maxmem: 64 } }, instance: { beparams: { minmem: 128 } } }, 'INPUT_INVALID'],
    ];
    for (const [wish, code] of cases) await assert.rejects(startup(wish), { code }, JSON.stringify(wish));
  });
});

describe('shutdown', () => {
  const shutdown = on(instanceShutdown);

  it('stops the instance in the time that it has, and records by whom', async () => {
    const cases: [params: Record<string, unknown>, timeout: number, source: string][] = [
      [{}, 120, 'admin'],
      [{ timeout: 7 }, 7, 'admin'],
      [{ timeout: 7, force: true }, 0, 'admin'],
      [{ admin_state_source: 'user' }, 120, 'user'],
    ];
    for (const [params, timeout, source] of cases) {
      const outcome = await shutdown({ params });
      assert.deepEqual(outcome.calls, ['node0 instance-stop']);
      assert.deepEqual(outcome.params, [{ ...ref, timeout }]);
      assert.deepEqual(stateOf(outcome), ['down', source, false, undefined]);
    }
    assert.deepEqual(stateOf(await shutdown({ params: { no_remember: true } })).slice(0, 1), ['up']);
  });

  it('records the wish alone for a node that is offline, where that is asked for', async () => {
    const node = { offline: true };
    await assert.rejects(shutdown({ node }), { code: 'NODE_OFFLINE' });
    const outcome = await shutdown({ node, params: { ignore_offline_nodes: true } });
    assert.deepEqual(outcome.calls, []);
    assert.equal(stateOf(outcome)[0], 'down');
    assert.deepEqual((await shutdown({ params: { ignore_offline_nodes: true } })).calls, ['node0 instance-stop']);
  });

  it('fails when the node cannot stop it, and asks it in a dry run', async () => {
    assert.equal((await shutdown({ answers: { 'node0 instance-stop': lost } })).error, lost);
    assert.deepEqual((await shutdown({ scene: { dryRun: true } })).calls, ['node0 instance-list']);
    await assert.rejects(shutdown({ scene: { dryRun: true }, answers: { 'node0 instance-list': lost } }), { code: 'NODE_UNREACHABLE' });
    await assert.rejects(shutdown({ params: { instance_name: 'no' } }), { code: 'OBJECT_UNKNOWN' });
  });
});

describe('reboot', () => {
  const reboot = on(instanceReboot);

  it('stops and starts, or resets', async () => {
    for (const reboot_type of [undefined, 'hard', 'full']) {
      const outcome = await reboot({ params: { reboot_type }, instance: { admin_state: 'down' } });
      assert.deepEqual(outcome.calls, ['node0 instance-check', 'node0 instance-stop', 'node0 instance-start']);
      assert.deepEqual(outcome.params[1], { ...ref, timeout: 120 });
      assert.equal(stateOf(outcome)[0], 'up');
    }
    assert.deepEqual((await reboot({ params: { shutdown_timeout: 3 } })).params[1], { ...ref, timeout: 3 });
    const soft = await reboot({ params: { reboot_type: 'soft' }, answers: running });
    assert.deepEqual(soft.calls, ['node0 instance-list', 'node0 instance-reset']);
    assert.deepEqual(soft.params[1], ref);
  });

  it('resets only what runs', async () => {
    const params = { reboot_type: 'soft' };
    for (const state of ['paused', 'running'] as const)
      assert.equal((await reboot({ params, answers: { 'node0 instance-list': [runtimeOfPlain(0, state)] } })).error, undefined);
    for (const state of ['shutdown', 'crashed', 'migrating-in'] as const)
      await assert.rejects(reboot({ params, answers: { 'node0 instance-list': [runtimeOfPlain(0, state)] } }), {
        code: 'INSTANCE_NOT_RUNNING',
      });
    await assert.rejects(reboot({ params, answers: { 'node0 instance-list': [runtimeOfPlain(9)] } }), { code: 'INSTANCE_NOT_RUNNING' });
    await assert.rejects(reboot({ node: { offline: true } }), { code: 'NODE_OFFLINE' });
    // No reset button: refused before the node is asked.
    const container = { params: { reboot_type: 'soft' }, instance: { hypervisor: 'lxc' }, scene: { dryRun: true } } as const;
    await assert.rejects(reboot(container), { code: 'HYPERVISOR_INCAPABLE' });
  });

  it('does not stop again what it could not start', async () => {
    const { calls, error } = await reboot({ answers: { 'node0 instance-start': lost, 'node0 instance-stop': {} } });
    assert.equal(error, lost);
    assert.deepEqual(calls, ['node0 instance-check', 'node0 instance-stop', 'node0 instance-start', 'undo start', 'node0 instance-stop']);
    const dry = await reboot({ scene: { dryRun: true } });
    assert.deepEqual(dry.calls, ['node0 instance-check']);
  });
});

describe('resume', () => {
  const resume = on(instanceResume);

  it('lets a guest that stands still go on', async () => {
    const { calls, params, result } = await resume({ answers: { 'node0 instance-list': [runtimeOfPlain(0, 'paused')] } });
    assert.deepEqual(calls, ['node0 instance-list', 'node0 instance-resume']);
    assert.deepEqual([params[1], result], [ref, null]);
    await assert.rejects(resume(), { code: 'INSTANCE_NOT_RUNNING' });
    await assert.rejects(resume({ instance: { hypervisor: 'lxc' } }), { code: 'HYPERVISOR_INCAPABLE' });
    await assert.rejects(resume({ node: { offline: true }, answers: running }), { code: 'NODE_OFFLINE' });
  });
});

describe('removal', () => {
  const remove = on(instanceRemove);
  const disk = (number: number) => ({ ...(plainInstance(number, 0, 1024).disks[0] as Instance['disks'][number]) });
  const nic = (ip: string | null, network: string | null, mac: string) => ({
    uuid: plainUuid(5, 0),
    name: null,
    mac,
    ip,
    network,
    nicparams: {},
  });
  const lan = plainUuid(6, 0);
  const full: Partial<Instance> = {
    disks: [disk(0), disk(1)],
    nics: [nic('10.0.0.2', lan, 'aa:00:00:00:00:01'), nic('10.9.0.1', null, 'aa:00:00:00:00:02')],
    network_port: 11_005,
  };
  const claims = {
    'mac aa:00:00:00:00:01': uuid,
    'mac aa:00:00:00:00:02': uuid,
    [`ip ${lan}:10.0.0.2`]: uuid,
    'port 11005': uuid,
    'port 11006': 'other',
  };

  it('stops the instance, removes its disks and gives back what it had for itself', async () => {
    const outcome = await remove({ instance: full, scene: { claims } });
    assert.deepEqual(outcome.calls, ['node0 instance-stop', 'node0 disk-remove', 'node0 disk-remove']);
    assert.deepEqual(outcome.params[0], { ...ref, timeout: 120 });
    const removed = outcome.params.slice(1) as { disk: { uuid: string }; instance: unknown }[];
    assert.deepEqual(
      removed.map((one) => one.disk.uuid),
      [plainUuid(4, 0), plainUuid(4, 1)],
    );
    assert.deepEqual(removed[0]?.instance, { uuid, name: 'instance0' });
    assert.equal(outcome.config.instances.size, 0);
    assert.deepEqual(outcome.claims, { 'port 11006': 'other' });
    assert.deepEqual((await remove({ params: { shutdown_timeout: 9 } })).params[0], { ...ref, timeout: 9 });
  });

  it('does not take the disks of one that could not be stopped, nor forget one whose disks are there', async () => {
    const stop = await remove({ answers: { 'node0 instance-stop': lost } });
    assert.equal(stop.error, lost);
    assert.deepEqual([stop.calls, stop.config.instances.size], [['node0 instance-stop', 'undo stop', 'node0 instance-start'], 1]);
    assert.equal(stateOf(stop)[0], 'up');
    const disks = await remove({ answers: { 'node0 disk-remove': lost } });
    assert.equal(disks.error, lost);
    assert.equal(stateOf(disks)[0], 'down', 'it does not start again');
    assert.deepEqual(disks.garbage, []);
  });

  it('that is cancelled while or just after it stops the instance starts it again, if it ran and shall run', async () => {
    const canceled = new GantryError('CANCELLED', { subject: 'Job 7' });
    const undone = ['node0 instance-stop', 'undo stop', 'node0 instance-start'];
    const up = await remove({ answers: { 'node0 instance-stop': canceled } });
    assert.deepEqual([up.calls, up.log, up.error], [undone, ['instance0 runs again.'], canceled]);
    const down = await remove({ answers: { 'node0 instance-stop': canceled }, instance: { admin_state: 'down' } });
    assert.deepEqual([down.calls, down.log], [undone.slice(0, 2), []]);
    const away = await remove({ answers: { 'node0 instance-stop': canceled, 'node0 instance-start': lost } });
    assert.deepEqual([away.calls, away.error], [undone, canceled]);
    assert.match(away.log[0] ?? '', /^instance0 was not started again: /);
    const step = stopStep(node0, ref, 120, { restart: 'if-up' });
    const config = up.config;
    for (const [changed, starts] of [
      [true, 1],
      [false, 0],
    ] as const) {
      let calls = 0;
      const nodes = { call: async () => void calls++ };
      await step.undo?.({ config, nodes, outcomes: { stop: { changed, graceful: true } }, log: () => undefined } as unknown as StepContext);
      assert.equal(calls, starts);
    }
  });

  it('leaves for later what an unreachable node has, where that is asked for', async () => {
    const params = { ignore_failures: true };
    const answers = { 'node0 instance-stop': lost, 'node0 disk-remove': lost };
    const outcome = await remove({ params, answers, node: { offline: true } });
    assert.equal(outcome.error, undefined);
    assert.equal(outcome.config.instances.size, 0);
    assert.deepEqual(outcome.garbage[0], { type: 'instance', node: node0, ...ref });
    assert.deepEqual([outcome.garbage[1]?.type, outcome.garbage[1]?.node, outcome.garbage.length], ['disk', node0, 2]);
    assert.match(outcome.log[0] ?? '', /^Node cannot be reached; instance0 is stopped there/);
    assert.match(outcome.log[1] ?? '', /^Node cannot be reached; disk .* is removed when it answers again/);
    const other = await remove({ params, answers: { 'node0 instance-stop': broken } });
    assert.equal(other.error, broken, 'a node that answers must be able to stop it');
    const disks = await remove({ params, answers: { 'node0 disk-remove': broken } });
    assert.equal(disks.error, broken);
  });

  it('refuses on a node that is offline, and asks the node in a dry run', async () => {
    await assert.rejects(remove({ node: { offline: true } }), { code: 'NODE_OFFLINE' });
    assert.deepEqual((await remove({ scene: { dryRun: true } })).calls, ['node0 instance-list']);
    assert.deepEqual((await remove({ scene: { dryRun: true }, params: { ignore_failures: true } })).calls, []);
    const lone = await remove({ instance: { primary_node: 'gone' } });
    assert.deepEqual(lone.calls, ['gone instance-stop', 'gone disk-remove']);
  });

  it('refuses while another node runs it', async () => {
    const seen = (node: string, state: string) => ({ ...plainLive(), instance: () => ({ node, at: 1, runtime: { state } }) as never });
    await assert.rejects(remove({ scene: { live: seen(node1, 'running') } }), (error: GantryError) => {
      assert.match(error.message, /node1/);
      return error.code === 'INSTANCE_ON_OTHER_NODE';
    });
    await assert.rejects(remove({ scene: { live: seen('gone', 'running') } }), /gone/);
    assert.equal((await remove({ scene: { live: seen(node1, 'shutdown') } })).error, undefined);
    assert.equal((await remove({ scene: { live: seen(node0, 'running') } })).error, undefined);
  });
});
