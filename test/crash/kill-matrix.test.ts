import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GantryError } from '../../src/base/index.ts';
import type { Credentials } from '../../src/rpc/index.ts';
import { openStore } from '../../src/store/index.ts';
import { type FakeNodes, startFakeNodes } from '../support/fake-nodes.ts';
import type { Death } from '../support/killing-store.ts';
import { masterCredentials, writeCluster } from '../support/write-cluster.ts';
import type { MortalOrders, MortalReport } from './mortal-master.ts';

// Kills the master with SIGKILL before and after every single write of an operation, lets the next master finish it,
// and compares what is on the nodes with the configuration. The nodes are real agents that outlive every master.

let dir: string;
let world: FakeNodes;
let credentials: Credentials;
/** One store for all rounds: terms and job numbers only ever grow, as the nodes rely on. */
let file: string;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-kill-'));
  world = await startFakeNodes(dir, 3);
  credentials = await masterCredentials(world);
  file = join(dir, 'store.db');
  await writeCluster(`sqlite:${file}`, world);
});

after(async () => {
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

const create = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', os_type: 'tiny', disks: [{ size: 64 }, { size: 32 }], pnode: 'node1' };
const migrate = { OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'web1', target_node: 'node2' };
const failover = { OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: 'web1', target_node: 'node3' };
const remove = { OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web1' };

test('creation survives the death of the master at every write', async () => {
  await matrix([], [create], ({ statuses, instances }) => {
    assert.deepEqual(statuses, ['success']);
    assert.equal(instances.length, 1);
    assert.equal(instances[0]?.admin_state, 'up');
  });
});

test('migration survives the death of the master at every write', async () => {
  await matrix([create], [migrate], ({ statuses, instances }) => {
    assert.deepEqual(statuses, ['success']);
    assert.equal(instances[0]?.node, 'node2');
  });
});

test('failover survives the death of the master at every write', async () => {
  await matrix([create], [failover], ({ statuses, instances }) => {
    assert.deepEqual(statuses, ['success']);
    assert.equal(instances[0]?.node, 'node3');
  });
});

test('removal survives the death of the master at every write', async () => {
  await matrix([create], [remove], ({ statuses, instances }) => {
    assert.deepEqual(statuses, ['success']);
    assert.deepEqual(instances, []);
  });
});

test('a creation that fails is undone completely, wherever the master dies meanwhile', async () => {
  world.trouble = (_node, method) => {
    if (method === 'start') throw new GantryError('HYPERVISOR_START_FAILED', { name: 'web1', problem: 'out of luck', log: 'nowhere' });
  };
  try {
    await matrix([], [create], ({ statuses, instances, errors }) => {
      assert.deepEqual(statuses, ['error']);
      assert.deepEqual(instances, []);
      assert.match(JSON.stringify(errors), /HYPERVISOR_START_FAILED/);
    });
  } finally {
    world.trouble = () => undefined;
  }
});

/** Runs `ops` once undisturbed to count the writes, then once for each place to die. `first` is done before, undisturbed. */
async function matrix(first: MortalOrders['ops'], ops: MortalOrders['ops'], check: (report: MortalReport) => void): Promise<void> {
  const calm = await scenario(first, ops);
  check(calm);
  assert.ok(calm.writes >= 3, 'the operation makes writes to die at');
  for (let at = 1; at <= calm.writes; at++) {
    for (const when of ['before', 'after'] as const) {
      const report = await scenario(first, ops, { at, when });
      try {
        check(report);
      } catch (error) {
        throw new Error(`killed ${when} write ${at} of ${calm.writes}: ${JSON.stringify(report)}`, { cause: error });
      }
    }
  }
}

async function scenario(first: MortalOrders['ops'], ops: MortalOrders['ops'], death?: Death): Promise<MortalReport> {
  let report = await master(first, ops, death);
  assert.equal(report === undefined, death !== undefined, 'dies exactly when told to');
  report ??= await master(first, ops);
  assert.ok(report);
  if (report.statuses.length === 0) throw new Error('the job is lost');
  requireNothingLeaked(report);
  for (const node of world.nodes) node.machines.clear();
  world.disks.clear();
  await forget(['/jobs/', '/config/instances/', '/config/names/instance/', '/config/claims/']);
  return report;
}

/** @returns undefined when it was killed */
async function master(first: MortalOrders['ops'], ops: MortalOrders['ops'], death?: Death): Promise<MortalReport | undefined> {
  const ports = Object.fromEntries(world.nodes.map((node) => [node.name, node.port]));
  const orders: MortalOrders = { store: `sqlite:${file}`, credentials, ports, first, ops, ...(death && { death }) };
  const ordersFile = join(dir, 'orders.json');
  await writeFile(ordersFile, JSON.stringify(orders), { mode: 0o600 });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'mortal-master.ts'), ordersFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (piece: Buffer) => {
    output += piece.toString();
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('close', (...ended) => resolve(ended));
  });
  if (signal === 'SIGKILL') return undefined;
  assert.equal(code, 0, 'the master ends well');
  return JSON.parse(output) as MortalReport;
}

/** Machines run where the configuration says, once; disks and devices belong to an instance. */
function requireNothingLeaked(report: MortalReport): void {
  const running = world.nodes.flatMap((node) => [...node.machines].map(([uuid, machine]) => `${uuid} ${machine.state} on ${node.name}`));
  const wanted = report.instances
    .filter((instance) => instance.admin_state === 'up')
    .map((instance) => `${instance.uuid} running on ${instance.node}`);
  assert.deepEqual(running.sort(), wanted.sort());
  assert.deepEqual([...world.disks.keys()].sort(), report.instances.flatMap((instance) => instance.disks).sort());
  assert.deepEqual(report.garbage, []);
}

/** Deletes everything below some prefixes. */
async function forget(prefixes: readonly string[]): Promise<void> {
  const store = await openStore(`sqlite:${file}`);
  for (const prefix of prefixes) {
    const { entries } = await store.range(prefix);
    await store.transact({ compares: [], writes: entries.map((entry) => ({ type: 'delete', key: entry.key })) });
  }
  await store.close();
}
