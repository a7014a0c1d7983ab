import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError } from '../../base/index.ts';
import type { Instance, Node } from '../../model/index.ts';
import { perform, runtimeOfPlain, type Scene } from '../testing/perform.ts';
import { plainGroup, plainInstance, plainNode, plainUuid } from '../testing/plain-config.ts';
import { instanceMigrate } from './instance-migrate.ts';

const [node0, node1] = [plainUuid(2, 0), plainUuid(2, 1)];
const lost = (node: string) => new GantryError('NODE_UNREACHABLE', { node, address: '192.0.2.1:1811', problem: 'no route' });
const broken = new GantryError('HYPERVISOR_MIGRATION_FAILED', { name: 'instance0', problem: 'it broke' });
const ref = { uuid: plainUuid(3, 0), name: 'instance0', hypervisor: 'kvm' };

const shared = (more: Partial<Instance> = {}) => plainInstance(0, 0, 1024, { disk_template: 'sharedfile', ...more });

interface Wish {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly instance?: Partial<Instance>;
  readonly source?: Partial<Node>;
  readonly target?: Partial<Node>;
  readonly scene?: Partial<Scene>;
  readonly answers?: Scene['answers'];
}

/** A migration of instance0, which runs on node0, to node1. */
const migrate = ({ params, instance, source, target, scene, answers }: Wish = {}) =>
  perform(
    instanceMigrate,
    { instance_name: 'instance0', target_node: 'node1', ignore_ipolicy: true, ...params },
    {
      groups: [plainGroup(0), plainGroup(1)],
      nodes: [plainNode(0, { secondary_ip: '198.51.100.1', ...source }), plainNode(1, target), plainNode(2)],
      instances: [shared(instance)],
      answers: { 'node0 instance-list': [runtimeOfPlain(9), runtimeOfPlain(0, 'running', { machine: 'pc-q35-7.2' })], ...answers },
      ...scene,
    },
  );

const asked = ['node0 instance-list', 'node1 node-info', 'node1 instance-check'];
const sent = [...asked, 'node1 migration-accept', 'node0 migration-send'];
const finish = ['node1 migration-finish', 'node0 migration-finish'];

describe('a migration', () => {
  it('prepares the target, sends, records and tidies up, each with what is needed for it', async () => {
    const answers = { 'node0 migration-send': { downtime_ms: 12.4, total_ms: 3000.6, ram_mib: 512 } };
    const { calls, params, config, result, log, garbage, steps } = await migrate({ answers });
    assert.deepEqual(calls, [...sent, ...finish]);
    assert.deepEqual(steps, [
      'keep room on the new node',
      'prepare the target',
      'send its memory',
      'record the new node',
      'take over on the target',
      'end it on the source',
    ]);
    const [accept, send, target, source] = params.slice(3) as Record<string, unknown>[];
    assert.equal(accept?.['source_address'], '198.51.100.1');
    assert.equal((accept?.['instance'] as { hvparams: Record<string, unknown> }).hvparams['machine_version'], 'pc-q35-7.2');
    assert.deepEqual(send, { ...ref, address: '192.0.2.2', port: 4444, live: true, bandwidth: 1024, downtime: 30 });
    assert.deepEqual(target, { ...ref, role: 'target', success: true });
    assert.deepEqual(source, { ...ref, role: 'source', success: true });
    const { primary_node, moving_to } = config.instances.get(ref.uuid) as Instance;
    assert.deepEqual([primary_node, moving_to], [node1, undefined]);
    assert.deepEqual(result, { node: 'node1', downtime_ms: 12.4, total_ms: 3000.6, ram_mib: 512 });
    assert.deepEqual(log, ['Instance instance0 moves from node0 to node1.', 'Downtime 12 ms, 3001 ms in all.']);
    assert.deepEqual(garbage, []);
  });

  it('is live or not as the request says, else as the instance does', async () => {
    const cases: [params: object, hvparams: Record<string, unknown>, live: boolean][] = [
      [{}, {}, true],
      [{}, { migration_mode: 'non-live' }, false],
      [{ mode: 'non-live' }, {}, false],
      [{ mode: 'live' }, { migration_mode: 'non-live' }, true],
      [{ live: false }, {}, false],
      [{ live: true }, { migration_mode: 'non-live' }, true],
      [{ mode: 'non-live', live: true }, {}, false],
    ];
    for (const [params, hvparams, live] of cases) {
      const own = { migration_bandwidth: 77, migration_downtime: 55, ...hvparams };
      const { plan } = await migrate({ params: { ...params }, instance: { hvparams: own } });
      const { transfer } = plan as { transfer: { live: boolean; bandwidth: number; downtime: number } };
      assert.deepEqual(transfer, { machine: 'pc-q35-7.2', live, bandwidth: 77, downtime: 55 }, JSON.stringify([params, hvparams]));
    }
  });

  it('asks for no machine type where the source tells none', async () => {
    const { params } = await migrate({ answers: { 'node0 instance-list': [runtimeOfPlain(0, 'paused')] } });
    const accept = params[3] as { instance: { hvparams: Record<string, unknown> } };
    assert.equal(accept.instance.hvparams['machine_version'], '');
  });

  it('refuses before anything is changed', async () => {
    const cases: [Wish, string][] = [
      [{ source: { offline: true } }, 'NODE_OFFLINE'],
      [{ target: { offline: true } }, 'NODE_OFFLINE'],
      [{ target: { drained: true } }, 'NODE_DRAINED'],
      [{ target: { vm_capable: false } }, 'NODE_NOT_VM_CAPABLE'],
      [{ params: { target_node: 'node0' } }, 'INSTANCE_ALREADY_THERE'],
      [{ params: { target_node: 'node9' } }, 'OBJECT_UNKNOWN'],
      [{ params: { instance_name: 'other' } }, 'OBJECT_UNKNOWN'],
      [{ params: { iallocator: 'mine' } }, 'IALLOCATOR_UNKNOWN'],
      [{ instance: { disk_template: 'file' } }, 'INSTANCE_NOT_MOVABLE'],
      [{ params: { ignore_ipolicy: false }, instance: { beparams: { maxmem: 32_768 } } }, 'PLACEMENT_IMPOSSIBLE'],
      [{ params: { ignore_ipolicy: false }, instance: { beparams: { vcpus: 40 } } }, 'IPOLICY_VIOLATED'],
      [{ answers: { 'node0 instance-list': [] } }, 'INSTANCE_NOT_RUNNING'],
      [{ answers: { 'node0 instance-list': [runtimeOfPlain(0, 'shutdown')] } }, 'INSTANCE_NOT_RUNNING'],
      [{ answers: { 'node1 node-info': lost('node1') } }, 'NODE_UNREACHABLE'],
      [{ answers: { 'node1 instance-check': broken } }, 'HYPERVISOR_MIGRATION_FAILED'],
      [{ params: { allow_failover: true }, answers: { 'node0 instance-list': [] } }, 'INSTANCE_NOT_RUNNING'],
    ];
    await assert.rejects(migrate({ instance: { hypervisor: 'lxc' } }), { code: 'HYPERVISOR_INCAPABLE' });
    for (const [wish, code] of cases) await assert.rejects(migrate(wish), { code }, JSON.stringify(wish));
    const unknown = new GantryError('RPC_METHOD_UNKNOWN', { method: 'POST /rpc/instance-check' });
    const told = { node: 'node1', version: 'unknown', master: '0.1.0', method: 'instance-check', problem: unknown.message };
    const old = (cause: GantryError) => new GantryError('NODE_VERSION_UNFIT', told, { cause });
    for (const answer of [unknown, old(unknown)])
      assert.equal((await migrate({ answers: { 'node1 instance-check': answer } })).error, undefined, 'an agent of an earlier version');
    const strange = old(new GantryError('INPUT_INVALID', { subject: 'call instance-check', field: 'x', problem: 'is not known here' }));
    await assert.rejects(migrate({ answers: { 'node1 instance-check': strange } }), { code: 'NODE_VERSION_UNFIT' });
  });

  it('changes the node of a stopped instance alone where that is allowed', async () => {
    const down = { params: { allow_failover: true }, instance: { admin_state: 'down' as const } };
    const still = await migrate({ ...down, answers: { 'node0 instance-list': [runtimeOfPlain(0, 'shutdown')] } });
    assert.deepEqual(still.calls, ['node0 instance-list']);
    assert.deepEqual(still.steps, ['record the new node']);
    assert.equal(still.config.instances.get(ref.uuid)?.primary_node, node1);
    assert.deepEqual(still.result, { node: 'node1', downtime_ms: 0, total_ms: 0, ram_mib: 0 });
    assert.deepEqual((await migrate(down)).calls, ['node0 instance-list', ...sent, ...finish], 'it runs although it should not');
    await assert.rejects(migrate({ instance: { admin_state: 'down' }, answers: { 'node0 instance-list': [] } }), {
      code: 'INSTANCE_NOT_RUNNING',
    });
  });

  it('chooses a node itself', async () => {
    const { result } = await migrate({ params: { target_node: undefined }, target: { drained: true } });
    assert.equal((result as { node: string }).node, 'node2');
  });
});

describe('a migration that fails', () => {
  it('ends the target first, then lets the source go on', async () => {
    const { calls, params, config, error } = await migrate({ answers: { 'node0 migration-send': broken } });
    assert.equal(error, broken);
    const undo = ['undo prepare the target', 'node1 instance-list', ...finish, 'undo keep room on the new node'];
    assert.deepEqual(calls, [...sent, 'node1 instance-list', ...undo]);
    assert.deepEqual(params.slice(-3, -1), [
      { ...ref, role: 'target', success: false },
      { ...ref, role: 'source', success: false },
    ]);
    const { primary_node, moving_to } = config.instances.get(ref.uuid) as Instance;
    assert.deepEqual([primary_node, moving_to], [node0, undefined]);
  });

  it('is undone when the instance has ended on its source, too, and only then without its answer', async () => {
    const after = async (left: unknown) => {
      let look = 0;
      const answers = {
        'node0 instance-list': () => (look++ === 0 ? [runtimeOfPlain(0)] : left),
        'node0 migration-send': broken,
        'node0 migration-finish': broken,
      };
      const { config, error, log } = await migrate({ answers });
      assert.equal(error, broken);
      assert.equal(config.instances.get(ref.uuid)?.moving_to, undefined, 'the room on the target is free');
      assert.match(log.at(-1) ?? '', /has ended on its source as well/);
    };
    for (const left of [[], [runtimeOfPlain(9)], [runtimeOfPlain(0, 'crashed')], [runtimeOfPlain(0, 'shutdown')]]) await after(left);
    for (const left of [[runtimeOfPlain(0)], [runtimeOfPlain(0, 'paused')]]) await assert.rejects(after(left), { code: broken.code });
    await assert.rejects(after(lost('node0')), { code: 'NODE_UNREACHABLE' });
  });

  it('is undone as well when the target could not be prepared', async () => {
    const { calls } = await migrate({ answers: { 'node1 migration-accept': broken } });
    assert.deepEqual(calls.slice(asked.length), [
      'node1 migration-accept',
      'undo prepare the target',
      'node1 instance-list',
      ...finish,
      'undo keep room on the new node',
    ]);
  });

  it('has succeeded when the target runs it and the source does not', async () => {
    const gone = (states: unknown[]) => () => states.shift() ?? [];
    for (const state of ['running', 'paused'] as const) {
      const answers = {
        'node0 instance-list': gone([[runtimeOfPlain(0)]]),
        'node0 migration-send': lost('node0'),
        'node1 instance-list': [runtimeOfPlain(9), runtimeOfPlain(0, state)],
      };
      const { calls, error, config, log, result } = await migrate({ answers });
      assert.equal(error, undefined);
      assert.deepEqual(calls, [...sent, 'node1 instance-list', 'node0 instance-list', ...finish]);
      assert.equal(config.instances.get(ref.uuid)?.primary_node, node1);
      assert.match(log.at(-1) ?? '', /does not say how the sending ended \(.*\); the instance has arrived/);
      assert.deepEqual(result, { node: 'node1', downtime_ms: 0, total_ms: 0, ram_mib: 0 });
    }
  });

  it('has succeeded, too, when the target runs it and the source cannot be asked', async () => {
    let look = 0;
    const answers = {
      'node0 instance-list': () => (look++ === 0 ? [runtimeOfPlain(0)] : lost('node0')),
      'node0 migration-send': lost('node0'),
      'node1 instance-list': [runtimeOfPlain(0)],
      'node0 migration-finish': lost('node0'),
    };
    const { error, garbage, log } = await migrate({ answers });
    assert.equal(error, undefined);
    assert.deepEqual(garbage, [{ type: 'instance', node: node0, ...ref }]);
    assert.match(log.at(-1) ?? '', /^Source node cannot be reached; the rest of the instance is ended there/);
  });

  it('is not taken for arrived while the source runs it, or nobody can tell', async () => {
    let look = 0;
    const odd: [string, unknown][] = [
      ['node0 instance-list', [runtimeOfPlain(0)]],
      ['node0 instance-list', () => (look++ === 0 ? [runtimeOfPlain(0)] : broken)],
    ];
    for (const [line, answer] of odd) {
      const answers = { [line]: answer, 'node0 migration-send': broken, 'node1 instance-list': [runtimeOfPlain(0)] };
      const outcome = await migrate({ answers }).catch((thrown: GantryError) => ({ error: thrown, calls: [] as readonly string[] }));
      assert.equal(outcome.error, broken);
    }
    const arriving = await migrate({
      answers: { 'node0 migration-send': broken, 'node1 instance-list': [runtimeOfPlain(0, 'migrating-in')] },
    });
    assert.equal(arriving.error, broken);
  });

  it('is not undone when it has arrived after all', async () => {
    let asks = 0;
    let look = 0;
    const answers = {
      'node0 instance-list': () => (look++ === 0 ? [runtimeOfPlain(0)] : []),
      'node0 migration-send': broken,
      'node1 instance-list': () => (asks++ === 0 ? [] : [runtimeOfPlain(0)]),
    };
    await assert.rejects(migrate({ answers }), (error: GantryError) => {
      assert.match(error.message, /runs on node1 already; "gantry instance migrate --cleanup instance0" records that/);
      return error.code === 'HYPERVISOR_MIGRATION_FAILED';
    });
  });

  it('leaves the target for later when only that cannot be reached', async () => {
    const answers = { 'node0 migration-send': broken, 'node1 instance-list': lost('node1') };
    const { calls, garbage, log } = await migrate({ answers });
    assert.deepEqual(calls.slice(sent.length), [
      'node1 instance-list',
      'undo prepare the target',
      'node1 instance-list',
      'node0 instance-list',
      'node0 migration-finish',
      'undo keep room on the new node',
    ]);
    assert.deepEqual(garbage, [{ type: 'instance', node: node1, ...ref }]);
    assert.match(log.at(-1) ?? '', /^Target node cannot be reached; what waits there is ended/);
  });

  it('is not undone when the target cannot be reached and the source does not run it', async () => {
    let look = 0;
    for (const after of [[], [runtimeOfPlain(0, 'paused')], [runtimeOfPlain(9)]]) {
      look = 0;
      const answers = {
        'node0 instance-list': () => (look++ === 0 ? [runtimeOfPlain(0)] : after),
        'node0 migration-send': broken,
        'node1 instance-list': lost('node1'),
      };
      await assert.rejects(migrate({ answers }), { code: 'NODE_UNREACHABLE' });
    }
    const answers = { 'node0 migration-send': broken, 'node1 migration-finish': broken };
    await assert.rejects(migrate({ answers }), { code: 'HYPERVISOR_MIGRATION_FAILED' }, 'it answers, and cannot end it');
  });

  it('goes forward only once the memory is sent', async () => {
    const answers = { 'node1 migration-finish': broken };
    const { calls, error, config } = await migrate({ answers });
    assert.equal(error, broken);
    assert.ok(!calls.some((line) => line.startsWith('undo')), calls.join());
    assert.equal(config.instances.get(ref.uuid)?.primary_node, node1);
    const atEnd = await migrate({ answers: { 'node0 migration-finish': broken } });
    assert.equal(atEnd.error, broken);
    assert.deepEqual(atEnd.garbage, []);
    const unreachable = await migrate({ answers: { 'node1 migration-finish': lost('node1') } });
    assert.equal(unreachable.error?.code, 'NODE_UNREACHABLE', 'the target must take over');
  });
});

describe('a cleanup', () => {
  const cleanup = (answers: Scene['answers'], more: Wish = {}) =>
    migrate({ params: { cleanup: true, target_node: undefined }, ...more, answers: { 'node0 instance-list': [], ...answers } });

  it('records where the instance runs', async () => {
    const { calls, config, log, garbage } = await cleanup({
      'node1 instance-list': [runtimeOfPlain(0)],
      'node0 migration-finish': lost('node0'),
    });
    assert.deepEqual(calls, ['node0 instance-list', 'node1 instance-list', 'node2 instance-list', ...finish]);
    assert.equal(config.instances.get(ref.uuid)?.primary_node, node1);
    assert.equal(log[0], 'Instance instance0 runs on node1.');
    assert.deepEqual(garbage, [{ type: 'instance', node: node0, ...ref }]);
  });

  it('ends nothing where it runs already', async () => {
    const { calls, config, result } = await cleanup(
      { 'node0 instance-list': [runtimeOfPlain(0)] },
      { instance: { moving_to: node1 }, target: { offline: true } },
    );
    assert.deepEqual(calls, ['node0 instance-list', 'node2 instance-list', 'node0 migration-finish']);
    assert.deepEqual(result, { node: 'node0', downtime_ms: 0, total_ms: 0, ram_mib: 0 });
    assert.equal(config.instances.get(ref.uuid)?.moving_to, undefined);
  });

  it('decides nothing when it runs nowhere, twice, or on a node that cannot be asked', async () => {
    const nowhere = { 'node1 instance-list': [runtimeOfPlain(0, 'shutdown')] };
    await assert.rejects(cleanup(nowhere), { code: 'INSTANCE_NOT_RUNNING', facts: { name: 'instance0', node: 'node0' } });
    await assert.rejects(cleanup(nowhere, { scene: { nodes: [plainNode(0)], instances: [shared({ primary_node: 'gone' })] } }), {
      code: 'OBJECT_UNKNOWN',
    });
    const twice = { 'node0 instance-list': [runtimeOfPlain(0)], 'node2 instance-list': [runtimeOfPlain(0)] };
    await assert.rejects(cleanup(twice), (error: GantryError) => {
      assert.match(error.message, /node0, node2/);
      return error.code === 'INSTANCE_RUNS_TWICE';
    });
    await assert.rejects(cleanup({ 'node1 instance-list': lost('node1') }), { code: 'NODE_UNREACHABLE' });
  });
});
