import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Sight } from '../../access/index.ts';
import type { GantryError, Json } from '../../base/index.ts';
import type { Instance, Node } from '../../model/index.ts';
import { perform, type Scene } from '../testing/perform.ts';
import { plainGroup, plainInstance, plainNetwork, plainNode, plainUuid } from '../testing/plain-config.ts';
import { nodeEvacuate } from './node-evacuate.ts';

const shared = (number: number, more: Partial<Instance> = {}) => plainInstance(number, 0, 1024, { disk_template: 'sharedfile', ...more });
const comment = 'evacuates node0 for job 7';
const reason = [['gnt:user', 'maintenance', 1]];

/** Evacuates node0 of three. */
const evacuate = (
  params: Readonly<Record<string, unknown>> = {},
  instances: readonly Instance[] = [shared(0), shared(1)],
  scene: Scene & { node?: Partial<Node> } = {},
  operation: typeof nodeEvacuate = nodeEvacuate,
) =>
  perform(
    operation,
    { node_name: 'node0', reason, ...params },
    { nodes: [plainNode(0, scene.node), plainNode(1), plainNode(2)], instances, ...scene },
  );

/** Continues with a plan that was stored by a version whose plans had no number. */
const ofBefore: typeof nodeEvacuate = (parts) => {
  const now = nodeEvacuate(parts);
  const plan: typeof now.plan = async (context, params) => now.upgradePlan?.((await now.plan(context, params)) as Json, 1);
  return { ...now, plan };
};

const migrate = (instance_name: string, target_node: string) => ({
  ...{ OP_ID: 'OP_INSTANCE_MIGRATE', instance_name, allow_failover: true, target_node, comment, reason },
});
const failover = (instance_name: string, target_node: string, ignore_consistency: boolean) => ({
  ...{ OP_ID: 'OP_INSTANCE_FAILOVER', instance_name, ignore_consistency, target_node, comment, reason },
});

describe('an evacuation', () => {
  it('submits a migration for each instance, spread over the other nodes, as the user who asked', async () => {
    const outcome = await evacuate();
    assert.deepEqual(
      outcome.submitted.map(({ user }) => user),
      ['tester'],
    );
    const targets = (outcome.submitted[0]?.ops as { instance_name: string; target_node: string }[][]).map(([op]) => op?.target_node);
    assert.deepEqual([...targets].sort(), ['node1', 'node2']);
    assert.deepEqual(outcome.submitted[0]?.ops, [[migrate('instance0', targets[0] ?? '')], [migrate('instance1', targets[1] ?? '')]]);
    assert.deepEqual(outcome.result, {
      jobs: [
        [true, 100],
        [true, 101],
      ],
    });
    assert.deepEqual(
      outcome.log,
      targets.map((target, index) => `Instance instance${index} goes to ${target}.`),
    );
  });

  it('goes to nodes that who asks may see, and names no other', async () => {
    const sees = (names: readonly string[]) =>
      ({ sees: (kind: string, row: { name: string }) => kind !== 'node' || names.includes(row.name) }) as unknown as Sight;
    const { submitted, log } = await evacuate({}, undefined, { sight: sees(['node0', 'node2']) });
    const ops = submitted[0]?.ops as { target_node: string }[][];
    assert.deepEqual(
      ops.map(([op]) => op?.target_node),
      ['node2', 'node2'],
      log.join('\n'),
    );
    await assert.rejects(evacuate({}, undefined, { sight: sees(['node0']) }), (error: GantryError) => {
      assert.equal(error.code, 'EVACUATION_IMPOSSIBLE');
      assert.doesNotMatch(error.message, /node[12]/);
      return true;
    });
  });

  it('fails over what may not migrate, and what an offline node has', async () => {
    const to = { remote_node: 'node1' };
    const always = shared(0, { beparams: { always_failover: true } });
    const { submitted } = await evacuate(to, [always, shared(1)]);
    assert.deepEqual(submitted[0]?.ops, [[failover('instance0', 'node1', false)], [migrate('instance1', 'node1')]]);
    const container = await evacuate(to, [shared(0, { hypervisor: 'lxc' })]);
    assert.deepEqual(container.submitted[0]?.ops, [[failover('instance0', 'node1', false)]], 'its hypervisor cannot migrate');
    const gone = await evacuate(to, [shared(0)], { node: { offline: true } });
    assert.deepEqual(gone.submitted[0]?.ops, [[failover('instance0', 'node1', true)]]);
    const waiting = { node: { offline: true, certificate_fingerprint: '' } };
    await assert.rejects(evacuate(to, [shared(0)], waiting), { code: 'NODE_NOT_JOINED' }, 'what runs there is not known');
  });

  it('moves what can move and says why the rest stays', async () => {
    const outcome = await evacuate({ remote_node: 'node1' }, [shared(0), plainInstance(1, 0, 1)]);
    assert.equal((outcome.submitted[0]?.ops as unknown[]).length, 1);
    const { jobs } = outcome.result as { jobs: [boolean, string][] };
    assert.deepEqual(jobs[0], [true, 100]);
    assert.equal(jobs[1]?.[0], false);
    assert.match(jobs[1]?.[1] ?? '', /^Instance instance1 stays: .*node0/);
    assert.equal(outcome.log[0], 'Instance instance0 goes to node1.');
    assert.match(outcome.log[1] ?? '', /^Instance instance1 stays: /);
    assert.equal(outcome.log.length, 2);
    const big = await evacuate({}, [shared(0), shared(1, { beparams: { maxmem: 20_000 } })]);
    assert.match((big.result as { jobs: [boolean, string][] }).jobs[1]?.[1] ?? '', /instance1 stays: .*not enough memory/);
  });

  it('has nothing to do on an empty node, or for secondaries of shared disks', async () => {
    for (const outcome of [await evacuate({}, []), await evacuate({ mode: 'secondary-only' })]) {
      assert.deepEqual([outcome.submitted, outcome.result, outcome.error], [[], { jobs: [] }, undefined]);
    }
    assert.equal(((await evacuate({ mode: 'primary-only' })).result as { jobs: unknown[] }).jobs.length, 2);
  });

  it('is refused while moves of an earlier one have not ended, as they would be repeated', async () => {
    const move = (id: number, status: string, of = 'node0', parent: number | undefined = 5) => ({
      ...{ id, parent, ops: [{ status, input: { OP_ID: 'OP_INSTANCE_MIGRATE', comment: `evacuates ${of} for job 5` } }] },
    });
    const jobs = [move(6, 'success'), move(7, 'waiting'), move(8, 'running')];
    for (const dryRun of [false, true]) {
      await assert.rejects(evacuate({}, undefined, { jobs, dryRun }), (error: GantryError) => {
        assert.equal(error.code, 'EVACUATION_RUNNING');
        assert.deepEqual(error.facts, { node: 'node0', job: 5, first: 7, count: 2 });
        return true;
      });
    }
    const others = [move(6, 'success'), move(7, 'error'), move(8, 'canceled'), move(9, 'running', 'node1')];
    // A comment is free text: only a job that a step has submitted counts.
    const { submitted } = await evacuate({}, undefined, { jobs: [...others, { ...move(10, 'running'), parent: undefined }] });
    assert.equal((submitted[0]?.ops as unknown[]).length, 2);
  });

  it('finds the jobs that an earlier version submitted before the master died, by their comment', async () => {
    const jobs = [
      { id: 41, ops: [{ input: { comment } }] },
      { id: 42, ops: [{ input: { comment: 'evacuates node0 for job 8' } }] },
      { id: 43, ops: [{ input: { comment } }] },
      { id: 44, ops: [] },
    ];
    const { submitted, result } = await evacuate({}, undefined, { jobs }, ofBefore);
    assert.deepEqual(
      [submitted, result],
      [
        [],
        {
          jobs: [
            [true, 41],
            [true, 43],
          ],
        },
      ],
    );
  });
});

describe('an evacuation is refused', () => {
  const cases: [what: string, params: Record<string, unknown>, code: string, instances?: readonly Instance[], scene?: Scene][] = [
    ['of a node that nobody knows', { node_name: 'node7' }, 'OBJECT_UNKNOWN'],
    ['to a node that nobody knows', { remote_node: 'node7' }, 'OBJECT_UNKNOWN'],
    ['to the node itself', { remote_node: 'node0' }, 'INPUT_INVALID'],
    ['with another allocator', { iallocator: 'mine' }, 'IALLOCATOR_UNKNOWN'],
    [
      'to a node that is drained',
      { remote_node: 'node1' },
      'NODE_DRAINED',
      undefined,
      { nodes: [plainNode(0), plainNode(1, { drained: true })] },
    ],
    ['when nothing can leave', {}, 'EVACUATION_IMPOSSIBLE', [plainInstance(0, 0, 1), plainInstance(1, 0, 1)]],
  ];
  for (const [what, params, code, instances, scene] of cases) it(what, () => assert.rejects(evacuate(params, instances, scene), { code }));

  it('with all the reasons', async () => {
    await assert.rejects(evacuate({}, [plainInstance(0, 0, 1), plainInstance(1, 0, 1)]), (error: GantryError) => {
      assert.match(error.message, /instance0.*; .*instance1/);
      return error.facts['count'] === 2;
    });
  });

  it('to a group that has not the networks', async () => {
    const [lan, group1] = [plainNetwork(0, { groups: { [plainUuid(1, 0)]: { mode: 'bridged', link: 'br0', vlan: '' } } }), plainUuid(1, 1)];
    const nic = { uuid: plainUuid(5, 0), name: null, mac: 'aa:00:00:00:00:01', ip: '10.0.0.2', network: lan.uuid, nicparams: {} };
    const scene = { networks: [lan], groups: [plainGroup(0), plainGroup(1)], nodes: [plainNode(0), plainNode(1, { group: group1 })] };
    const wired = shared(0, { nics: [nic] });
    await assert.rejects(evacuate({ remote_node: 'node1' }, [wired], scene), { code: 'EVACUATION_IMPOSSIBLE' });
    const { result } = await evacuate({ remote_node: 'node1' }, [wired, shared(1)], scene);
    assert.deepEqual(
      (result as { jobs: [boolean, unknown][] }).jobs.map(([goes]) => goes),
      [true, false],
    );
  });
});
