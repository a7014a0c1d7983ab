import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError } from '../../base/index.ts';
import type { Instance, Node } from '../../model/index.ts';
import { perform, runtimeOfPlain, type Scene } from '../testing/perform.ts';
import { plainInstance, plainNode, plainUuid } from '../testing/plain-config.ts';
import { instanceFailover } from './instance-failover.ts';

const [node0, node1] = [plainUuid(2, 0), plainUuid(2, 1)];
const lost = new GantryError('NODE_UNREACHABLE', { node: 'node1', address: '192.0.2.1:1811', problem: 'no route' });
const broken = new GantryError('HYPERVISOR_START_FAILED', { name: 'instance0', problem: 'it broke' });
const ref = { uuid: plainUuid(3, 0), name: 'instance0', hypervisor: 'kvm' };

interface Wish {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly instance?: Partial<Instance>;
  readonly source?: Partial<Node>;
  readonly target?: Partial<Node>;
  readonly answers?: Scene['answers'];
}

/** A failover of instance0, which runs on node0, to node1. */
const failover = ({ params, instance, source, target, answers }: Wish = {}) =>
  perform(
    instanceFailover,
    { instance_name: 'instance0', target_node: 'node1', ignore_ipolicy: true, ...params },
    {
      nodes: [plainNode(0, source), plainNode(1, target), plainNode(2)],
      instances: [plainInstance(0, 0, 1024, { disk_template: 'sharedfile', ...instance })],
      answers: { 'node0 instance-list': [runtimeOfPlain(9), runtimeOfPlain(0)], ...answers },
    },
  );

const asked = ['node1 node-info', 'node1 instance-check', 'node0 instance-list'];

describe('a failover', () => {
  it('stops the instance, records its node and starts it there', async () => {
    const { calls, params, config, result, garbage, steps } = await failover();
    assert.deepEqual(calls, [...asked, 'node0 instance-stop', 'node1 instance-start']);
    assert.deepEqual(params[3], { ...ref, timeout: 120 });
    const names = ['keep room on the new node', 'stop it on the old node', 'record the new node', 'start it on the new node'];
    assert.deepEqual(steps, names);
    const { primary_node, moving_to } = config.instances.get(ref.uuid) as Instance;
    assert.deepEqual([primary_node, moving_to], [node1, undefined]);
    assert.deepEqual(result, { node: 'node1' });
    assert.deepEqual(garbage, []);
    assert.deepEqual((await failover({ params: { shutdown_timeout: 5 } })).params[3], { ...ref, timeout: 5 });
  });

  it('starts only what should run', async () => {
    const { calls } = await failover({ instance: { admin_state: 'down' } });
    assert.deepEqual(calls, ['node1 node-info', 'node0 instance-list', 'node0 instance-stop']);
  });

  it('leaves a node that is offline alone, and ends what it may have when it is back', async () => {
    const wish = { source: { offline: true } };
    await assert.rejects(failover(wish), { code: 'NODE_OFFLINE' });
    const { calls, garbage, steps } = await failover({ ...wish, params: { ignore_consistency: true } });
    assert.deepEqual(calls, ['node1 node-info', 'node1 instance-check', 'node1 instance-start']);
    assert.deepEqual(garbage, [{ type: 'instance', node: node0, ...ref }]);
    assert.deepEqual(steps, ['keep room on the new node', 'record the new node', 'fence the old node', 'start it on the new node']);
    const waiting = { source: { offline: true, certificate_fingerprint: '' } };
    await assert.rejects(failover(waiting), { code: 'NODE_NOT_JOINED' });
    assert.equal(
      (await failover({ ...waiting, params: { ignore_consistency: true } })).error,
      undefined,
      'the operator says that it is gone',
    );
    const online = await failover({ params: { ignore_consistency: true } });
    assert.ok(online.calls.includes('node0 instance-stop'), 'it is stopped where that can be done');
  });

  it('goes back when the start fails, to a running instance', async () => {
    const { calls, config, error } = await failover({ answers: { 'node1 instance-start': broken } });
    assert.equal(error, broken);
    assert.deepEqual(calls.slice(4), [
      'node1 instance-start',
      'undo start it on the new node',
      'node1 instance-stop',
      'undo record the new node',
      'undo stop it on the old node',
      'node0 instance-start',
      'undo keep room on the new node',
    ]);
    const { primary_node, moving_to } = config.instances.get(ref.uuid) as Instance;
    assert.deepEqual([primary_node, moving_to], [node0, undefined]);
  });

  it('goes back to what was: one that did not run is not started', async () => {
    const answers = { 'node1 instance-start': broken, 'node0 instance-list': [runtimeOfPlain(0, 'shutdown')] };
    const { calls } = await failover({ answers });
    assert.ok(!calls.includes('node0 instance-start'), calls.join());
    const stop = await failover({ answers: { 'node0 instance-stop': lost } });
    assert.equal(stop.error, lost, 'what cannot be stopped is not started elsewhere');
    assert.ok(!stop.calls.includes('node1 instance-start'));
    assert.ok(stop.calls.includes('node0 instance-start'));
  });

  it('does not go back while the instance may run on the new node', async () => {
    await assert.rejects(failover({ answers: { 'node1 instance-start': lost, 'node1 instance-stop': lost } }), {
      code: 'NODE_UNREACHABLE',
    });
    const missing = new GantryError('HYPERVISOR_UNSUPPORTED', { hypervisor: 'kvm', problem: 'none' });
    const never = await failover({ answers: { 'node1 instance-start': missing, 'node1 instance-stop': missing } });
    assert.equal(never.error, missing);
    assert.ok(never.calls.includes('node0 instance-start'), 'a node without the hypervisor started nothing');
  });

  it('refuses before anything is stopped', async () => {
    const cases: [Wish, string][] = [
      [{ answers: { 'node1 node-info': lost } }, 'NODE_UNREACHABLE'],
      [{ answers: { 'node1 instance-check': broken } }, 'HYPERVISOR_START_FAILED'],
      [{ answers: { 'node0 instance-list': lost } }, 'NODE_UNREACHABLE'],
      [{ target: { drained: true } }, 'NODE_DRAINED'],
      [{ instance: { disk_template: 'plain' } }, 'INSTANCE_NOT_MOVABLE'],
      [{ params: { instance_name: 'no' } }, 'OBJECT_UNKNOWN'],
    ];
    for (const [wish, code] of cases) await assert.rejects(failover(wish), { code }, JSON.stringify(wish));
  });

  it('needs the locks of the nodes of the instance', async () => {
    const operation = instanceFailover({} as never);
    const { plainConfig } = await import('../testing/plain-config.ts');
    const config = plainConfig({ nodes: [], instances: [plainInstance(0, 0, 1, { secondary_nodes: [node1] })] });
    const nodesOf = (instance_name: string) =>
      operation
        .locks?.({ instance_name }, config)
        .filter(({ kind, mode }) => kind === 'node' && mode === 'shared')
        .map(({ name }) => name);
    assert.deepEqual(nodesOf('instance0'), [node0, node1]);
    assert.deepEqual(nodesOf('nobody'), []);
  });
});
