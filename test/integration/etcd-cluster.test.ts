import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Credentials } from '../../src/rpc/index.ts';
import { openStore } from '../../src/store/index.ts';
import { type EtcdServer, startEtcdServer } from '../../src/store/testing/etcd-server.ts';
import { type FakeNodes, startFakeNodes } from '../support/fake-nodes.ts';
import type { RivalOrders } from '../support/rival-master.ts';
import { until } from '../support/until.ts';
import { masterCredentials, writeCluster } from '../support/write-cluster.ts';

// Two masters over a real etcd, with real agents over fake machines. The first one is struck while a node works for it.

const create = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', os_type: 'tiny', disks: [{ size: 64 }, { size: 32 }], pnode: 'node1' };

let dir: string;
let etcd: EtcdServer;
let world: FakeNodes;
let credentials: Credentials;
let url: string;
let rounds = 0;
const masters: Rival[] = [];

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-etcd-cluster-'));
  etcd = await startEtcdServer();
  world = await startFakeNodes(dir, 3);
  credentials = await masterCredentials(world);
});

after(async () => {
  await world.close();
  await etcd.remove();
  await rm(dir, { recursive: true, force: true });
});

beforeEach(async () => {
  url = `etcd://localhost:${etcd.port}/round${++rounds}`;
  await writeCluster(url, world);
});

afterEach(async () => {
  await Promise.all(masters.splice(0).map((master) => master.end()));
  world.trouble = () => undefined;
  for (const node of world.nodes) node.machines.clear();
  world.disks.clear();
});

interface Rival {
  readonly pid: number;
  /** Resolves with the first line that fits. @throws AssertionError when it does not come within half a minute */
  says(pattern: RegExp): Promise<string>;
  said(): readonly string[];
  end(): Promise<void>;
}

async function startRival(name: string): Promise<Rival> {
  const orders: RivalOrders = { store: url, name, credentials, leaseSeconds: 2, ops: [create] };
  const file = join(dir, `${name}.json`);
  await writeFile(file, JSON.stringify(orders), { mode: 0o600 });
  const program = join(import.meta.dirname, '../support/rival-master.ts');
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, file]);
  let [output, problem] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (problem += piece.toString()));
  const said = () => output.split('\n').slice(0, -1);
  const rival: Rival = {
    pid: child.pid ?? 0,
    said,
    async says(pattern) {
      const found = () => said().find((each) => pattern.test(each));
      return until(`${name} says ${pattern.source}`, found).catch((cause: unknown) => {
        throw new Error(`${output}${problem}`, { cause });
      });
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
  masters.push(rival);
  return rival;
}

/** Does something to the leader the first time that a node is asked for `method`. */
function when(method: string, strike: () => void): void {
  let struck = false;
  world.trouble = (_node, called) => {
    if (struck || called !== method) return;
    struck = true;
    strike();
  };
}

/** Everything in the store, with the revision of its last change. */
async function contents(): Promise<Map<string, string>> {
  const store = await openStore(url);
  const { entries } = await store.range('/');
  await store.close();
  return new Map(entries.map(({ key, value, modRevision }) => [key, `${modRevision} ${value}`]));
}

/** The instance is there, runs once where it should, and has its two disks. */
async function assertWhole(): Promise<void> {
  const values = await contents();
  const [instance, ...more] = [...values]
    .filter(([key]) => key.startsWith('/config/instances/'))
    .map(([, text]) => JSON.parse(text.slice(text.indexOf(' '))) as { uuid: string; admin_state: string; disks: { uuid: string }[] });
  assert.deepEqual([instance?.admin_state, more], ['up', []]);
  const machines = world.nodes.flatMap((node) => [...node.machines].map(([uuid, machine]) => [node.name, uuid, machine.state]));
  assert.deepEqual(machines, [['node1', instance?.uuid, 'running']]);
  assert.deepEqual([...world.disks.keys()].sort(), instance?.disks.map(({ uuid }) => uuid).sort());
}

for (const moment of ['create', 'install', 'start']) {
  test(`the standby takes over and finishes the job of a leader that was killed during "${moment}"`, async () => {
    const leader = await startRival('node1');
    when(moment, () => process.kill(leader.pid, 'SIGKILL'));
    await leader.says(/^leading /);
    const standby = await startRival('node2');
    assert.match(await standby.says(/^(success|error) /), /^success 1$/);
    assert.deepEqual(leader.said().length, 2, 'the leader did not live to see the end');
    await assertWhole();
  });
}

test('a leader that slept through its deposition changes nothing when it wakes', async () => {
  const leader = await startRival('node1');
  when('install', () => process.kill(leader.pid, 'SIGSTOP'));
  await leader.says(/^leading /);
  const standby = await startRival('node2');
  assert.equal(await standby.says(/^(success|error) /), 'success 1');
  const before = await contents();
  process.kill(leader.pid, 'SIGCONT');
  await leader.says(/^deposed$/);
  // What it had under way when it fell asleep comes to its end now.
  await sleep(500);
  assert.deepEqual(await contents(), before);
  assert.ok(!standby.said().includes('deposed'));
  await assertWhole();
});
