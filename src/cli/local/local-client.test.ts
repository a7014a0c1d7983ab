import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { identifyProcess, isAlive, processesInNamespace } from '../../host/index.ts';
import type { ClusterClient, Row } from '../connect/cluster-client.ts';
import { type FakeCluster, startFakeCluster } from '../testing/fake-cluster.ts';
import { scriptJob } from '../testing/fake-job.ts';
import { firstInstance } from './first-instance.ts';
import { countOf, forEachInstance, instanceNames, jobSucceeds, localClient } from './local-client.ts';
import { chooseSlot, type LocalCluster, localCluster } from './local-cluster.ts';
import { localPaths } from './local-paths.ts';
import { localSummary, summaryLines } from './local-summary.ts';
import { makeLan } from './make-lan.ts';
import type { ProgressSteps } from './progress-steps.ts';
import { startGuests } from './start-guests.ts';
import { stopGuests } from './take-down.ts';

const name = `loc${process.pid}`;
let home: string;
let cluster: FakeCluster;
let local: LocalCluster;
let told: string[] = [];
const steps: ProgressSteps = {
  async step(title, work, isDone = () => true) {
    const result = await work(() => undefined);
    told.push(`${isDone(result) ? 'done' : 'failed'}: ${title}`);
    return result;
  },
  note: (text) => told.push(text.trim()),
};
const instances: Row[] = [
  { name: 'runs', admin_state: 'up', oper_state: true },
  { name: 'should', admin_state: 'up', oper_state: false },
  { name: 'unknown', admin_state: 'up', oper_state: null },
  { name: 'stopped', admin_state: 'down', oper_state: false },
  { name: 'late', admin_state: 'down', oper_state: true },
];

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'gantry-client-'));
  cluster = await startFakeCluster({ instances, networks: [] });
  const description = { version: 1, name, nodes: 2, port: Number(new URL(cluster.url).port), slot: 9, phase: 'making' } as const;
  const paths = localPaths(name, home);
  // What runs is written down where no other cluster looks.
  local = localCluster(description, { ...paths, runDir: join(home, 'run') });
  for (const dir of [paths.stateDir, local.paths.runDir]) await mkdir(dir, { recursive: true });
  await copyFile(cluster.caFile, paths.ca);
  await copyFile(cluster.credentialsFile, paths.credentials);
});
after(async () => {
  await cluster.close();
  await rm(home, { recursive: true });
});
beforeEach(() => {
  told = [];
  cluster.seen.length = 0;
});

/** Every job that is submitted gets the next number; those of `failing` end so. */
function jobs(failing: Readonly<Record<string, string>> = {}): Row[] {
  const submitted: Row[] = [];
  cluster.on('POST /2/jobs', ({ body }) => {
    const { ops } = body as { ops: Row[] };
    submitted.push(...ops);
    const id = 100 + submitted.length;
    const status = failing[String(ops[0]?.['instance_name'] ?? ops[0]?.['network_name'])] ?? 'success';
    scriptJob(cluster, id, [{ status }], { end: { status } });
    return id;
  });
  return submitted;
}

async function withClient<T>(work: (client: ClusterClient) => Promise<T>): Promise<T> {
  const client = await localClient(local);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

test('names of instances are asked from the master; nothing is known when it does not answer', async () => {
  assert.deepEqual(
    await instanceNames(local),
    instances.map((row) => row['name']),
  );
  assert.equal(await instanceNames({ ...local, port: 1 }), undefined);
  assert.equal(await instanceNames({ ...local, paths: { ...local.paths, credentials: '/no/such' } }), undefined);
  assert.deepEqual(
    [0, 1, 2].map((count) => countOf(Array.from({ length: count }))),
    ['0 instances', '1 instance', '2 instances'],
  );
});

test('each instance has a job of its own, and those that did not succeed are named', async () => {
  const submitted = jobs({ late: 'error', stopped: 'canceled' });
  const failed = await withClient((client) => forEachInstance(client, instances, (one) => ({ OP_ID: 'X', instance_name: one }), 5));
  assert.deepEqual(failed, ['stopped', 'late']);
  // All at once, so that they come in any order.
  assert.deepEqual(submitted.map((op) => op['instance_name']).sort(), instances.map((row) => row['name']).sort());
});

test('a job is waited for until it has ended or the time is over', async () => {
  const answers = ['waiting', 'running', 'success'];
  const client = { job: async () => ({ status: answers.shift() ?? 'success' }) } as unknown as ClusterClient;
  assert.equal(await jobSucceeds(client, 1, performance.now() + 5000), true);
  assert.deepEqual(answers, []);
  assert.equal(await jobSucceeds(client, 1, performance.now() - 1), false);
  const never = { job: async () => ({ status: 'running' }) } as unknown as ClusterClient;
  assert.equal(await jobSucceeds(never, 1, performance.now() + 10), false);
  const failed = { job: async () => ({ status: 'error' }) } as unknown as ClusterClient;
  assert.equal(await jobSucceeds(failed, 1, performance.now() + 5000), false);
});

test('after a start those instances are started that should run and do not', async () => {
  const submitted = jobs({ unknown: 'error' });
  await withClient((client) => startGuests(steps, client));
  assert.deepEqual(submitted, [
    { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'should', no_remember: true },
    { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'unknown', no_remember: true },
  ]);
  assert.deepEqual(told, ['failed: start 2 instances', 'did not start: unknown; see "gantry job list --error"']);
  told = [];
  jobs();
  await withClient((client) => startGuests(steps, client));
  assert.deepEqual(told, ['done: start 2 instances']);
  told = [];
  await startGuests(steps, { list: async () => instances.filter((row) => row['name'] === 'runs') } as unknown as ClusterClient);
  assert.deepEqual(told, []);
});

test('before a stop those that run are shut down, if there is a master to ask', async () => {
  const submitted = jobs({ late: 'error' });
  await stopGuests(local, steps);
  assert.deepEqual([submitted, told], [[], []], 'no master runs');
  await writeFile(join(local.paths.runDir, 'master.process'), JSON.stringify(await identifyProcess(process.pid)));
  await stopGuests(local, steps);
  assert.deepEqual(
    submitted.map(({ instance_name, timeout, no_remember }) => [instance_name, timeout, no_remember]),
    [
      ['runs', 30, true],
      ['late', 30, true],
    ],
  );
  assert.deepEqual(told, ['failed: stop 2 instances', 'did not shut down in time: late']);
  told = [];
  jobs();
  await stopGuests(local, steps);
  assert.deepEqual(told, ['done: stop 2 instances']);
  told = [];
  cluster.on('GET /2/instances?bulk=1', () => [instances[1]]);
  await stopGuests(local, steps);
  assert.deepEqual(told, [], 'nothing runs');
  cluster.on('GET /2/instances?bulk=1', () => instances);
  await stopGuests({ ...local, port: 1 }, steps);
  assert.match(told.join(), /^the guests could not be asked to stop: The cluster at https:\/\/127\.0\.0\.1:1 cannot be reached/);
  await rm(join(local.paths.runDir, 'master.process'));
});

test('the network of instances is made once, with the addresses of the bridges taken out', async () => {
  const submitted = jobs();
  await withClient((client) => makeLan({ ...local, phase: 'made' }, steps, client));
  assert.deepEqual([submitted, told], [[], []]);
  await withClient((client) => makeLan(local, steps, client));
  assert.deepEqual(submitted, [
    { OP_ID: 'OP_NETWORK_ADD', network_name: 'lan', network: '10.78.9.0/24', add_reserved_ips: ['10.78.9.1', '10.78.9.2'] },
    { OP_ID: 'OP_NETWORK_CONNECT', network_name: 'lan', group_name: 'default', network_mode: 'bridged', network_link: 'br0' },
  ]);
  assert.deepEqual(told, ['done: network lan for instances']);
  const failing = jobs({ lan: 'error' });
  await withClient((client) =>
    assert.rejects(makeLan(local, steps, client), { code: 'LOCAL_STEP_FAILED', message: /Creating the network.*job 102 failed/ }),
  );
  assert.equal(failing.length, 2);
  cluster.on('GET /2/networks', () => [{ name: 'lan' }]);
  const none = jobs();
  await withClient((client) => makeLan(local, steps, client));
  assert.deepEqual(none, []);
});

test('an instance to try is made unless it is there', async () => {
  const submitted = jobs({ bad: 'error' });
  await firstInstance(local, 'runs', steps);
  assert.deepEqual(submitted, []);
  await firstInstance(local, 'web1', steps);
  assert.deepEqual(submitted, [
    { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', os_type: 'tiny', disks: [{ size: 64 }], beparams: { minmem: 128, maxmem: 128 } },
  ]);
  assert.deepEqual(told, ['done: instance web1']);
  await assert.rejects(firstInstance(local, 'bad', steps), { code: 'LOCAL_STEP_FAILED', message: /Creating instance bad/ });
});

test('the summary has what is needed to reach each part', async () => {
  const own = await identifyProcess(process.pid);
  await writeFile(join(local.paths.runDir, 'agent-node2.process'), JSON.stringify(own));
  await writeFile(join(local.paths.runDir, 'monitor-node1.process'), JSON.stringify({ ...own, startTicks: 1 }));
  const summary = await localSummary(local);
  await rm(join(local.paths.runDir, 'agent-node2.process'));
  assert.deepEqual(summary.master, { node: 'node1', pid: null, log_file: join(home, name, 'log', 'master.log') });
  assert.deepEqual([summary.rapi_url, summary.uid_base], [`https://127.0.0.1:${local.port}`, 200_000 + 9 * 8192]);
  assert.deepEqual(summary.nodes[1], {
    name: 'node2',
    address: '10.77.9.2',
    namespace: `gantry-${name}-node2`,
    bridge: 'br0',
    bridge_address: '10.78.9.2/24',
    state_dir: join(home, name, 'node2'),
    run_dir: local.members[1]?.paths.runDir,
    pid: process.pid,
    log_file: join(home, name, 'log', 'agent-node2.log'),
    monitor_url: 'https://10.77.9.2:1815',
    monitor_pid: null,
  });
  assert.deepEqual(
    [summary.nodes[0]?.pid, summary.nodes[0]?.monitor_pid],
    [null, null],
    'of another process with its number nothing is told',
  );
  const lines = summaryLines(summary);
  assert.ok(lines.includes(`Cluster ${name} is running with 2 nodes.`));
  assert.match(
    lines.at(-1) ?? '',
    process.cwd() === join(import.meta.dirname, '../../..') ? /^ {2}\.\/gantry node list$/ : /^ {2}\/.*\/gantry node list$/,
  );
});

test('a process is known by its start, and found in its network namespace', async () => {
  const own = await identifyProcess(process.pid);
  assert.ok(own);
  assert.equal(await isAlive(own), true);
  assert.equal(await isAlive({ ...own, bootId: 'x' }), false);
  assert.equal(await isAlive({ ...own, startTicks: 1 }), false);
  const inside = await processesInNamespace('/proc/self/ns/net');
  assert.ok(inside.some(({ pid, startTicks }) => pid === process.pid && startTicks === own.startTicks));
  assert.deepEqual(await processesInNamespace('/proc/self/ns/pid'), []);
  assert.deepEqual(await processesInNamespace('/no/such/namespace'), []);
});

test('a cluster has the same slot every time while nobody else has it', async () => {
  const slot = await chooseSlot(name);
  assert.equal(await chooseSlot(name), slot);
  assert.ok(slot >= 0 && slot < 200);
});
