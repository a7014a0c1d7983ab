import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { GantryError } from '../../src/base/index.ts';
import { createOperations, jobEnd } from '../../src/cluster/index.ts';
import { type SimulatedMaster, type SimulatedMasterOptions, startSimulatedMaster } from '../support/simulated-master.ts';
import { tester } from '../support/tester.ts';
import { until } from '../support/until.ts';

// Where a whole master puts instances. Agents, jobs and locks are real; hypervisors and disks are not.

let master: SimulatedMaster | undefined;

afterEach(async () => {
  await master?.close();
  master = undefined;
});

const start = async (count: number, options?: SimulatedMasterOptions): Promise<SimulatedMaster> => {
  master = await startSimulatedMaster(count, options);
  return master;
};

const gib = 1024;

const create = (instance_name: string, memory: number, more: Record<string, unknown> = {}) => ({
  OP_ID: 'OP_INSTANCE_CREATE',
  instance_name,
  no_install: true,
  start: false,
  disks: [{ size: 64 }],
  beparams: { maxmem: memory, minmem: memory },
  ...more,
});

const tag = (kind: string, name: string, ...tags: string[]) => ({ OP_ID: 'OP_TAGS_SET', kind, name, tags });

/** Submits all at once; the error of each, or null. */
async function race(
  { leading }: SimulatedMaster,
  ops: readonly (Record<string, unknown> & { OP_ID: string })[],
): Promise<({ code: string; message: string } | null)[]> {
  const { jobs } = leading.services;
  const ids = await jobs.submitMany(
    ops.map((op) => [op]),
    tester,
  );
  return Promise.all(
    ids.map((id) =>
      jobEnd(jobs, id).then(
        () => null,
        (error: { code: string; message: string }) => error,
      ),
    ),
  );
}

const statusesOf = ({ leading }: SimulatedMaster, ids: readonly number[]) =>
  Promise.all(ids.map(async (id) => (await leading.services.jobs.get(id))?.ops[0]?.status));

/** Names of the instances of each node. */
function placesOf({ leading }: SimulatedMaster): Record<string, string[]> {
  const { current } = leading.services.config;
  const nodes = [...current.nodes.values()].map(({ uuid, name }) => {
    const names = current.instancesOf(uuid).primary.map((instance) => instance.name);
    return [name, names.sort()] as const;
  });
  return Object.fromEntries(nodes.sort());
}

const nodeOf = (of: SimulatedMaster, instance: string): string | undefined =>
  Object.entries(placesOf(of)).find(([, names]) => names.includes(instance))?.[0];

/** node1 and node2 stand in rack a, node3 and node4 in b, and so on. */
const rackOf = (node: string | undefined): string => 'abc'[Math.floor((Number(node?.slice(4)) - 1) / 2)] ?? '';

const racks = JSON.stringify({
  levels: ['rack'],
  domains: ['a', 'b', 'c'].map((name, k) => ({ name, level: 'rack', nodes: [`node${2 * k + 1}`, `node${2 * k + 2}`] })),
  services: [{ name: 'web', members: ['web*'], rules: [{ spread: { level: 'rack', atMost: 1 } }] }],
});

test('instances of a service come to different racks, and one too many is told why', async () => {
  const cluster = await start(6);
  await cluster.run({ OP_ID: 'OP_CLUSTER_SET_PARAMS', location: racks });
  assert.deepEqual(
    await race(
      cluster,
      ['web1', 'other1', 'web2', 'web3'].map((name) => create(name, gib)),
    ),
    [null, null, null, null],
  );
  assert.deepEqual(['web1', 'web2', 'web3'].map((name) => rackOf(nodeOf(cluster, name))).sort(), ['a', 'b', 'c']);

  const [refusal] = await race(cluster, [create('web4', gib)]);
  assert.equal(refusal?.code, 'PLACEMENT_IMPOSSIBLE');
  assert.match(refusal.message, /^No node can take instance web4 \(1024 MiB of memory, 1 virtual processor, 64 MiB of disk\): /);
  assert.match(refusal.message, /2 nodes \(node1, node2\): web: at most 1 per rack \(rack a .*web\d/);

  await cluster.run({ OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web2' });
  const freed = ['web1', 'web3'].map((name) => rackOf(nodeOf(cluster, name)));
  await cluster.run(create('web4', gib));
  assert.ok(!freed.includes(rackOf(nodeOf(cluster, 'web4'))));
});

test("exclusion tags keep instances apart, and Ganeti's location tags spread them over racks", async () => {
  const cluster = await start(6);
  await cluster.run(tag('cluster', 'cluster', 'htools:iextags:service', 'htools:nlocation:rack'));
  for (let k = 1; k <= 6; k++) await cluster.run(tag('node', `node${k}`, `rack:${rackOf(`node${k}`)}`));
  const web = (k: number) => create(`web${k}`, gib, { tags: ['service:web'] });
  for (const k of [1, 2, 3]) await cluster.run(web(k));
  assert.deepEqual([1, 2, 3].map((k) => rackOf(nodeOf(cluster, `web${k}`))).sort(), ['a', 'b', 'c']);
  for (const k of [4, 5, 6]) await cluster.run(web(k));
  assert.ok(Object.values(placesOf(cluster)).every((names) => names.length === 1));
  await assert.rejects(cluster.run(web(7)), {
    code: 'PLACEMENT_IMPOSSIBLE',
    message: /6 nodes \(node1, node2, node3, node4, node5, …\): an instance with the same exclusion tag/,
  });
});

test('creations at the same time never promise memory twice, and leave room for the loss of a node', async () => {
  const cluster = await start(4, { memoryMib: 16 * gib });
  const outcomes = await race(
    cluster,
    Array.from({ length: 40 }, (_, k) => create(`web${k}`, 2 * gib)),
  );
  const refused = outcomes.filter((error) => error !== null);
  assert.deepEqual(new Set(refused.map(({ code }) => code)), new Set(['PLACEMENT_IMPOSSIBLE']));
  // Of the 16 GiB of a node, its own system takes a part of the last two: 7 fit on each, and one node's must fit on the others.
  const counts = Object.values(placesOf(cluster)).map((names) => names.length);
  assert.ok(Math.max(...counts) <= 7, `${counts}`);
  const all = counts.reduce((sum, count) => sum + count, 0);
  assert.equal(all, 40 - refused.length);
  assert.equal(all, 21);
  for (const lost of counts) assert.ok(7 * 3 - (all - lost) >= lost);
  assert.match(refused[0]?.message ?? '', /4 nodes .*: the cluster could then no longer lose any one node/);
});

test('the last room on the only node goes to one of two', async () => {
  const cluster = await start(1, { memoryMib: 16 * gib });
  const outcomes = await race(cluster, [create('big1', 8 * gib), create('big2', 8 * gib)]);
  assert.deepEqual(outcomes.map((error) => error?.code ?? null).sort(), ['PLACEMENT_IMPOSSIBLE', null]);
  const refusal = outcomes.find((error) => error !== null);
  assert.match(refusal?.message ?? '', /1 node \(node1\): not enough memory, at most \d+ MiB free$/);
  await cluster.run({ OP_ID: 'OP_INSTANCE_REMOVE', instance_name: outcomes[0] === null ? 'big1' : 'big2' });
  await cluster.run(create('big3', 8 * gib));
});

test('a memory ratio lets a policy promise more memory than a node has, and no more than that', async () => {
  const cluster = await start(1, { memoryMib: 16 * gib });
  const place = async (name: string) => (await race(cluster, [create(name, 8 * gib)]))[0]?.code ?? null;
  assert.deepEqual([await place('web1'), await place('web2')], [null, 'PLACEMENT_IMPOSSIBLE']);
  await cluster.run({ OP_ID: 'OP_GROUP_SET_PARAMS', group_name: 'default', ipolicy: { 'memory-ratio': 1.5 } });
  assert.deepEqual([await place('web2'), await place('web3')], [null, 'PLACEMENT_IMPOSSIBLE']);
});

test('a refusal counts the nodes by reason', async () => {
  // Their shared storage has a thousand times the space of a node's own.
  const cluster = await start(6, { diskMib: 1500 });
  await cluster.run({ OP_ID: 'OP_NODE_SET_PARAMS', node_name: 'node6', drained: true });
  await cluster.run({ OP_ID: 'OP_NODE_SET_PARAMS', node_name: 'node5', offline: true });
  await cluster.run({ OP_ID: 'OP_GROUP_ADD', group_name: 'small', ipolicy: { minmax: smallOnly } });
  await cluster.run({ OP_ID: 'OP_GROUP_ASSIGN_NODES', group_name: 'small', nodes: ['node3', 'node4'] });
  await assert.rejects(
    cluster.run(create('huge', 20 * gib, { beparams: { maxmem: 20 * gib, minmem: 20 * gib, vcpus: 65 }, ignore_ipolicy: true })),
    {
      message:
        /4 nodes \(node1, node2, node3, node4\): too many virtual processors, at most 64 left; .*1 node \(node5\): offline.*1 node \(node6\): drained/,
    },
  );
  await assert.rejects(cluster.run(create('web1', gib, { disks: [{ size: 1_000_000 }, { size: 1_000_000 }] })), {
    message:
      /2 nodes \(node1, node2\): 2000000 MiB of disk wanted, \d+ free; 2 nodes \(node3, node4\): .*policy.*small.*memory \(MiB\) 1024 is above the maximum 512.*; 1 node \(node5\): offline; 1 node \(node6\): drained$/,
  });
  await cluster.run(create('web2', gib));
  assert.match(nodeOf(cluster, 'web2') ?? '', /node[12]/);
  await assert.rejects(cluster.run(create('web3', gib, { iallocator: 'dice' })), { code: 'IALLOCATOR_UNKNOWN' });
  await cluster.run(create('web3', gib, { iallocator: 'hail' }));
});

const point = { 'memory-size': 0, 'disk-size': 0, 'disk-count': 0, 'cpu-count': 1, 'nic-count': 0, 'spindle-use': 0 };
const smallOnly = [
  { min: point, max: { 'memory-size': 512, 'disk-size': 4096, 'disk-count': 4, 'cpu-count': 2, 'nic-count': 4, 'spindle-use': 4 } },
];

test('a move without a target goes where rules, tags and room allow it', async () => {
  const cluster = await start(4, { memoryMib: 16 * gib });
  await cluster.run(tag('cluster', 'cluster', 'htools:iextags:service', 'htools:migration:cpu'));
  for (const k of [1, 2, 3]) await cluster.run(tag('node', `node${k}`, 'cpu:new'));
  await cluster.run(tag('node', 'node4', 'cpu:old'));
  const pinned = (name: string, pnode: string, more: Record<string, unknown> = {}) =>
    create(name, 4 * gib, { pnode, start: true, ...more });
  await cluster.run(pinned('web1', 'node1', { tags: ['service:web'] }));
  await cluster.run(pinned('web2', 'node2', { tags: ['service:web'] }));
  await cluster.run({ OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'web1' });
  assert.equal(nodeOf(cluster, 'web1'), 'node3');

  await cluster.run(pinned('fill1', 'node1', { beparams: { maxmem: 12 * gib, minmem: 12 * gib } }));
  await assert.rejects(cluster.run({ OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'web1' }), {
    code: 'PLACEMENT_IMPOSSIBLE',
    message:
      /instance web1.*1 node \(node1\): not enough memory.*1 node \(node2\): an instance with the same exclusion tag.*1 node \(node3\): the instance is there.*1 node \(node4\): no migration to there/,
  });
  // Stopped and started again, it need not care for processors.
  await cluster.run({ OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: 'web1' });
  assert.equal(nodeOf(cluster, 'web1'), 'node4');
});

test('a location description is checked when it is stored, and outlives an instance that it names', async () => {
  const cluster = await start(2);
  const set = (location: string) => cluster.run({ OP_ID: 'OP_CLUSTER_SET_PARAMS', location });
  await assert.rejects(set('levels: [rack'), { code: 'LOCATION_SYNTAX' });
  const apart = JSON.stringify({
    services: [{ name: 'pair', members: ['db1', 'db2'], rules: [{ spread: { level: 'node', atMost: 1 } }] }],
  });
  await assert.rejects(set(apart), { code: 'LOCATION_UNKNOWN' });
  await cluster.run(create('db1', gib));
  await cluster.run(create('db2', gib));
  await set(apart);
  await cluster.run({ OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'db2' });
  await cluster.run(create('db2', gib));
  assert.notEqual(nodeOf(cluster, 'db1'), nodeOf(cluster, 'db2'));
  await set('');
  await cluster.run(create('db3', gib));
});

test('while instances move, others are placed; room is theirs on both nodes, and one memory at a time leaves a node', async () => {
  const cluster = await start(4, { memoryMib: 16 * gib });
  const { jobs, config } = cluster.leading.services;
  const { simulation } = cluster;
  for (const [name, pnode, size] of [
    ['web1', 'node1', 5],
    ['web2', 'node1', 5],
    ['web3', 'node3', 5],
    ['fill3', 'node3', 8],
    ['fill4', 'node4', 10],
  ] as const) {
    await cluster.run(create(name, size * gib, { pnode, start: true }));
  }
  const release = Promise.withResolvers<void>();
  simulation.hold('migration-send', release.promise);
  const migrate = (instance_name: string) => jobs.submit([{ OP_ID: 'OP_INSTANCE_MIGRATE', instance_name }], tester);
  const moves = [await migrate('web1'), await migrate('web2'), await migrate('web3')];
  await until('two memories are on their way', () => simulation.count('migration-send') >= 2);
  assert.deepEqual(await statusesOf(cluster, moves), ['running', 'waiting', 'running']);

  await cluster.run(create('small', gib));
  // 15.5 GiB each: 5 + 5 leaving node1, 5 + 5 on their way to node2, 5 + 8 on node3, 10 on node4.
  const full = /No node can take instance web4 .*4 nodes \(node1, node2, node3, node4\): not enough memory, at most 5632 MiB free/;
  await assert.rejects(cluster.run(create('web4', 8 * gib)), { code: 'PLACEMENT_IMPOSSIBLE', message: full });
  await assert.rejects(cluster.run({ OP_ID: 'OP_NODE_REMOVE', node_name: 'node2' }), { code: 'NODE_NOT_EMPTY', message: /web1, web3/ });

  release.resolve();
  for (const move of moves) await jobEnd(jobs, move);
  assert.equal(simulation.count('migration-send'), 3);
  assert.deepEqual([nodeOf(cluster, 'web1'), nodeOf(cluster, 'web3')], ['node2', 'node2']);
  assert.deepEqual(placesOf(cluster)['node1'], []);
  for (const instance of config.current.instances.values()) assert.equal(instance.moving_to, undefined);
});

test('a move that fails gives the room on its target back', async () => {
  const cluster = await start(2, { memoryMib: 16 * gib });
  const { config } = cluster.leading.services;
  await cluster.run(create('web1', 8 * gib, { pnode: 'node1', start: true }));
  const [, target] = cluster.simulation.nodes as unknown as [string, string];
  for (const op of [
    { OP_ID: 'OP_INSTANCE_MIGRATE', method: 'migration-accept' },
    { OP_ID: 'OP_INSTANCE_FAILOVER', method: 'instance-start' },
  ] as const) {
    const error = new GantryError('HYPERVISOR_START_FAILED', { name: 'web1', problem: 'out of luck', log: 'nowhere' });
    cluster.simulation.addFault({ method: op.method, node: target, nth: 1, error });
    await assert.rejects(cluster.run({ OP_ID: op.OP_ID, instance_name: 'web1' }), { code: 'HYPERVISOR_START_FAILED' });
    assert.deepEqual(placesOf(cluster), { node1: ['web1'], node2: [] });
    assert.deepEqual(config.current.instancesOf(target).arriving, []);
  }
  await cluster.run({ OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'web1' });
});

/** Evacuates a node, and waits for the jobs that do it. */
async function evacuate({ leading }: SimulatedMaster, params: Record<string, unknown>): Promise<number> {
  const { jobs } = leading.services;
  const id = await jobs.submit([{ OP_ID: 'OP_NODE_EVACUATE', ...params }], tester);
  await jobEnd(jobs, id);
  const job = await jobs.get(id);
  const { jobs: submitted } = job?.ops[0]?.result as { jobs: [boolean, number][] };
  for (const [, move] of submitted) await jobEnd(jobs, move);
  return submitted.length;
}

test('an evacuated node is empty, and rules and room hold where its instances went', async () => {
  const cluster = await start(6, { memoryMib: 16 * gib });
  await cluster.run({ OP_ID: 'OP_CLUSTER_SET_PARAMS', location: racks });
  await cluster.run(create('web1', gib, { pnode: 'node1', start: true }));
  await cluster.run(create('web2', gib, { pnode: 'node3' }));
  for (const k of [1, 2, 3]) await cluster.run(create(`other${k}`, 4 * gib, { pnode: 'node1', start: k === 1 }));
  await cluster.run(create('fill', 14 * gib, { pnode: 'node2' }));
  const before = placesOf(cluster);
  await cluster.run({ OP_ID: 'OP_NODE_EVACUATE', node_name: 'node1', dry_run: true });
  assert.deepEqual(placesOf(cluster), before);
  assert.equal(await evacuate(cluster, { node_name: 'node1' }), 4);
  const after = placesOf(cluster);
  assert.deepEqual(after['node1'], []);
  assert.deepEqual(after['node2'], ['fill']);
  assert.equal(rackOf(nodeOf(cluster, 'web1')), 'c');
  assert.equal(await evacuate(cluster, { node_name: 'node1' }), 0);
  await cluster.run({ OP_ID: 'OP_NODE_SET_PARAMS', node_name: 'node3', offline: true });
  assert.ok((await evacuate(cluster, { node_name: 'node3' })) > 0);
  assert.deepEqual(placesOf(cluster)['node3'], []);
});

test('who can leave a node leaves it, and the others are told with their reasons', async () => {
  const cluster = await start(2, { memoryMib: 16 * gib });
  for (const [k, node] of [1, 1, 2].entries()) await cluster.run(create(`big${k}`, 7 * gib, { pnode: `node${node}` }));
  const before = placesOf(cluster);
  const { jobs } = cluster.leading.services;
  const told = async (params: Record<string, unknown>) => {
    const id = await jobs.submit([{ OP_ID: 'OP_NODE_EVACUATE', node_name: 'node1', ...params }], tester);
    await jobEnd(jobs, id);
    const [op] = (await jobs.get(id))?.ops ?? [];
    return {
      result: op?.result as { jobs: [boolean, number | string][] },
      log: op?.log.map((line) => JSON.stringify(line)).join('\n') ?? '',
    };
  };
  const noRoom = /Instance big\d stays: No node can take instance big\d .*1 node \(node2\): not enough memory/;
  const dry = await told({ dry_run: true });
  assert.match(dry.log, noRoom);
  assert.match(dry.log, /Instance big\d goes to node2/);
  assert.deepEqual(placesOf(cluster), before);
  const { result, log } = await told({});
  assert.match(log, noRoom);
  // In Ganeti's form: a job, or why there is none.
  const [[first, job], [second, reason], ...more] = result.jobs as [[boolean, number], [boolean, string]];
  assert.deepEqual([first, second, more], [true, false, []]);
  assert.match(reason, noRoom);
  await jobEnd(jobs, job);
  const { node1 = [], node2 = [] } = placesOf(cluster);
  assert.deepEqual([node1.length, node2.length], [1, 2]);
  // What stays alone is an error; what was tried must not be remembered as done.
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(evacuate(cluster, { node_name: 'node1' }), {
      code: 'EVACUATION_IMPOSSIBLE',
      message: /^None of the 1 instances of node node1 can leave: No node can take instance big\d .*1 node \(node2\): not enough memory/,
    });
  }
  const [left = ''] = node1;
  await assert.rejects(cluster.run({ OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: left, target_node: 'node2' }), {
    code: 'PLACEMENT_IMPOSSIBLE',
    message: /node2: not enough memory, \d+ MiB free/,
  });
});

for (const offline of [false, true]) {
  test(`an instance on local files does not block the evacuation of ${offline ? 'a dead' : 'its'} node`, async () => {
    const cluster = await start(3);
    await cluster.run({ OP_ID: 'OP_CLUSTER_SET_PARAMS', enabled_disk_templates: ['sharedfile', 'file', 'diskless'] });
    for (const name of ['web1', 'web2']) await cluster.run(create(name, gib, { pnode: 'node2' }));
    await cluster.run(create('local', gib, { pnode: 'node2', disk_template: 'file', disks: [{ size: 100 }] }));
    if (offline) await cluster.run({ OP_ID: 'OP_NODE_SET_PARAMS', node_name: 'node2', offline: true });
    const { jobs } = cluster.leading.services;
    const id = await jobs.submit([{ OP_ID: 'OP_NODE_EVACUATE', node_name: 'node2' }], tester);
    await jobEnd(jobs, id);
    const { jobs: submitted } = (await jobs.get(id))?.ops[0]?.result as { jobs: [boolean, number | string][] };
    for (const [, job] of submitted) if (typeof job === 'number') await jobEnd(jobs, job);
    assert.deepEqual(
      submitted.map(([done]) => done),
      [true, true, false],
    );
    assert.match(String(submitted[2]?.[1]), /^Instance local stays: .*file/);
    assert.deepEqual(placesOf(cluster)['node2'], ['local']);
  });
}

test('an evacuation names its jobs, and they name it; one that an earlier version began finds them by their comment', async () => {
  const cluster = await start(3);
  await cluster.run(create('web1', gib, { pnode: 'node1' }));
  const { jobs, config, live } = cluster.leading.services;
  const id = await jobs.submit([{ OP_ID: 'OP_NODE_EVACUATE', node_name: 'node1' }], tester);
  await jobEnd(jobs, id);
  const { jobs: submitted } = (await jobs.get(id))?.ops[0]?.result as { jobs: [boolean, number][] };
  const child = submitted[0]?.[1];
  assert.deepEqual((await jobs.get(id))?.ops[0]?.children, [{ step: 'submit-moves', jobs: [child] }]);
  assert.equal((await jobs.get(child ?? 0))?.parent, id);
  const stored = { user: 'tester', moves: [{ OP_ID: 'OP_INSTANCE_MIGRATE' }], stays: [], comment: `evacuates node1 for job ${id}` };
  const parts = {
    live,
    garbage: {} as never,
    placer: {} as never,
    secrets: {} as never,
    jobs: () => jobs,
    certificates: async () => [],
    revocations: {} as never,
    joinTokens: {} as never,
  };
  const operation = createOperations(parts).get('OP_NODE_EVACUATE');
  const plan = operation?.upgradePlan?.(stored, 1);
  const [step] = operation?.steps(plan) ?? [];
  assert.ok(step && 'do' in step);
  const again = await step.do({ plan, config: config.current } as unknown as Parameters<typeof step.do>[0]);
  assert.deepEqual(again, [submitted[0]?.[1]]);
});
