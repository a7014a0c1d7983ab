import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { GantryError } from '../../src/base/index.ts';
import type { Credentials } from '../../src/rpc/index.ts';
import { openStore } from '../../src/store/index.ts';
import { type FakeNodes, startFakeNodes } from '../support/fake-nodes.ts';
import type { Death } from '../support/killing-store.ts';
import { masterCredentials, writeCluster } from '../support/write-cluster.ts';
import type { MortalOrders, MortalReport } from './mortal-master.ts';

// Kills the master with SIGKILL before and after every single write of an operation, lets the next master finish it,
// and compares what is on the nodes with the configuration. The nodes are real agents that outlive every master.

/** What the rounds of one operation share, and no other operation. */
interface Room {
  readonly dir: string;
  readonly world: FakeNodes;
  readonly credentials: Credentials;
  /** One store for all rounds: terms and job numbers only ever grow, as the nodes rely on. */
  readonly file: string;
}

/** Code of masters that was compiled already: most of the time of a round is the start of a process. */
let compiled: string;
before(async () => {
  compiled = await mkdtemp(join(tmpdir(), 'gantry-kill-code-'));
});
after(() => rm(compiled, { recursive: true, force: true }));

async function withRoom(body: (room: Room) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-kill-'));
  const world = await startFakeNodes(dir, 3);
  try {
    const file = join(dir, 'store.db');
    await writeCluster(`sqlite:${file}`, world);
    await body({ dir, world, credentials: await masterCredentials(world), file });
  } finally {
    await world.close();
    await rm(dir, { recursive: true, force: true });
  }
}

const create = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', os_type: 'tiny', disks: [{ size: 64 }, { size: 32 }], pnode: 'node1' };
const migrate = { OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'web1', target_node: 'node2' };
const failover = { OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: 'web1', target_node: 'node3' };
const remove = { OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web1' };

// Two at a time: each round waits for one process after the other.
describe('the death of the master at every write', { concurrency: 2 }, () => {
  test('creation survives it', () =>
    withRoom(async (room) => {
      await matrix(room, [], [create], ({ statuses, instances }) => {
        assert.deepEqual(statuses, ['success']);
        assert.equal(instances.length, 1);
        assert.equal(instances[0]?.admin_state, 'up');
      });
    }));

  test('migration survives it', () =>
    withRoom(async (room) => {
      await matrix(room, [create], [migrate], ({ statuses, instances }) => {
        assert.deepEqual(statuses, ['success']);
        assert.equal(instances[0]?.node, 'node2');
      });
    }));

  test('failover survives it', () =>
    withRoom(async (room) => {
      await matrix(room, [create], [failover], ({ statuses, instances }) => {
        assert.deepEqual(statuses, ['success']);
        assert.equal(instances[0]?.node, 'node3');
      });
    }));

  test('removal survives it', () =>
    withRoom(async (room) => {
      await matrix(room, [create], [remove], ({ statuses, instances }) => {
        assert.deepEqual(statuses, ['success']);
        assert.deepEqual(instances, []);
      });
    }));

  test('a creation that fails is undone completely, wherever the master dies meanwhile', () =>
    withRoom(async (room) => {
      room.world.trouble = (_node, method) => {
        if (method === 'start') throw new GantryError('HYPERVISOR_START_FAILED', { name: 'web1', problem: 'out of luck', log: 'nowhere' });
      };
      await matrix(room, [], [create], ({ statuses, instances, errors }) => {
        assert.deepEqual(statuses, ['error']);
        assert.deepEqual(instances, []);
        assert.match(JSON.stringify(errors), /HYPERVISOR_START_FAILED/);
      });
    }));
});

type Ops = MortalOrders['ops'];

/** Runs `ops` once undisturbed to count the writes, then once for each place to die. `first` is done before, undisturbed. */
async function matrix(room: Room, first: Ops, ops: Ops, check: (report: MortalReport) => void): Promise<void> {
  const calm = await scenario(room, first, ops);
  check(calm);
  assert.ok(calm.writes >= 3, 'the operation makes writes to die at');
  for (let at = 1; at <= calm.writes; at++) {
    for (const when of ['before', 'after'] as const) {
      const report = await scenario(room, first, ops, { at, when });
      try {
        check(report);
      } catch (error) {
        throw new Error(`killed ${when} write ${at} of ${calm.writes}: ${JSON.stringify(report)}`, { cause: error });
      }
    }
  }
}

async function scenario(room: Room, first: Ops, ops: Ops, death?: Death): Promise<MortalReport> {
  let report = await master(room, first, ops, death);
  assert.equal(report === undefined, death !== undefined, 'dies exactly when told to');
  report ??= await master(room, first, ops);
  assert.ok(report);
  if (report.statuses.length === 0) throw new Error('the job is lost');
  requireNothingLeaked(room, report);
  const { world } = room;
  for (const node of world.nodes) node.machines.clear();
  world.disks.clear();
  await forget(room, ['/jobs/', '/config/instances/', '/config/names/instance/', '/config/claims/']);
  return report;
}

/** @returns undefined when it was killed */
async function master({ dir, world, credentials, file }: Room, first: Ops, ops: Ops, death?: Death): Promise<MortalReport | undefined> {
  const ports = Object.fromEntries(world.nodes.map((node) => [node.name, node.port]));
  const orders: MortalOrders = { store: `sqlite:${file}`, credentials, ports, first, ops, ...(death && { death }) };
  const ordersFile = join(dir, 'orders.json');
  await writeFile(ordersFile, JSON.stringify(orders), { mode: 0o600 });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'mortal-master.ts'), ordersFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
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
function requireNothingLeaked({ world }: Room, report: MortalReport): void {
  const running = world.nodes.flatMap((node) => [...node.machines].map(([uuid, machine]) => `${uuid} ${machine.state} on ${node.name}`));
  const wanted = report.instances
    .filter((instance) => instance.admin_state === 'up')
    .map((instance) => `${instance.uuid} running on ${instance.node}`);
  assert.deepEqual(running.sort(), wanted.sort());
  assert.deepEqual([...world.disks.keys()].sort(), report.instances.flatMap((instance) => instance.disks).sort());
  assert.deepEqual(report.garbage, []);
}

/** Deletes everything below some prefixes. */
async function forget({ file }: Room, prefixes: readonly string[]): Promise<void> {
  const store = await openStore(`sqlite:${file}`);
  for (const prefix of prefixes) {
    const { entries } = await store.range(prefix);
    await store.transact({ compares: [], writes: entries.map((entry) => ({ type: 'delete', key: entry.key })) });
  }
  await store.close();
}
