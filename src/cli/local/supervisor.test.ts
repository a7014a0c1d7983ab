import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Log, silentLog, systemClock } from '../../base/index.ts';
import { identifyProcess } from '../../host/index.ts';
import { localCluster } from './local-cluster.ts';
import { localPaths } from './local-paths.ts';
import { localSupervisorParts, type SupervisorParts, supervise } from './supervisor.ts';

/** Daemons that die as they are told, on a clock that only the supervisor moves. */
class World {
  readonly alive = new Set<string>();
  readonly known = new Set<string>();
  readonly starts: [daemon: string, second: number][] = [];
  readonly told: string[] = [];
  isWanted = true;
  isBusy = false;
  onStart: (daemon: string) => void = (daemon) => this.alive.add(daemon);
  /** Makes other parts of those that work. */
  change: (parts: SupervisorParts) => SupervisorParts = (parts) => parts;
  now = 1_000_000;
  readonly #events: [at: number, event: () => void][] = [];

  at(second: number, event: () => void): void {
    this.#events.push([1_000_000 + second * 1000, event]);
  }

  async run(seconds: number): Promise<void> {
    const stop = new AbortController();
    this.at(seconds, () => stop.abort());
    const parts: SupervisorParts = {
      clock: {
        now: () => this.now,
        sleep: async (ms) => {
          this.now += ms;
          for (const [at, event] of this.#events) if (at > this.now - ms && at <= this.now) event();
        },
      },
      log: silentLog,
      list: async () => [...this.known],
      isAlive: async (daemon) => this.alive.has(daemon),
      start: async (daemon) => {
        this.starts.push([daemon, Math.round((this.now - 1_000_000) / 1000)]);
        this.onStart(daemon);
      },
      alone: async (work) => {
        if (!this.isBusy) await work();
        return !this.isBusy;
      },
      tell: async (daemon) => void this.told.push(daemon),
      isWanted: async () => this.isWanted,
    };
    await supervise(this.change(parts), stop.signal);
  }
}

function worldOf(...daemons: string[]): World {
  const world = new World();
  for (const daemon of daemons) {
    world.known.add(daemon);
    world.alive.add(daemon);
  }
  return world;
}

test('a daemon that died is started again at once, and it is told; others are left alone', async () => {
  const world = worldOf('master', 'agent-node1', 'supervisor');
  world.alive.delete('supervisor');
  world.at(5, () => world.alive.delete('master'));
  await world.run(100);
  assert.deepEqual(world.starts, [['master', 5]]);
  assert.deepEqual(world.told, ['master']);
});

test('one that goes on dying is started ever more rarely, and quickly again when it has lived for long', async () => {
  const world = worldOf('agent-node1');
  world.alive.clear();
  world.onStart = () => undefined;
  world.at(200, () => {
    world.onStart = (daemon) => world.alive.add(daemon);
  });
  world.at(500, () => world.alive.delete('agent-node1'));
  await world.run(600);
  const seconds = world.starts.map(([, second]) => second);
  assert.deepEqual(seconds.slice(0, 7), [0, 1, 3, 7, 15, 31, 61]);
  assert.equal(seconds.at(-1), 500);
  assert.ok(
    seconds
      .filter((second) => second > 61 && second < 300)
      .every((second, index, all) => index === 0 || second - (all[index - 1] ?? 0) >= 30),
  );
  assert.equal(world.told.length, seconds.length);
});

test('what was stopped is not started, nor anything while up or down is at work', async () => {
  const world = worldOf('master', 'agent-node1');
  world.at(5, () => {
    world.isBusy = true;
    world.alive.clear();
  });
  // `down` forgets the master, `up` starts the agent.
  world.at(20, () => world.known.delete('master'));
  world.at(25, () => world.alive.add('agent-node1'));
  world.at(30, () => {
    world.isBusy = false;
  });
  await world.run(60);
  assert.deepEqual(world.starts, []);
});

test('a start that fails, or a list that cannot be read, ends nothing', async () => {
  const world = worldOf('master');
  world.alive.clear();
  let fails = 2;
  world.onStart = (daemon) => {
    if (fails-- > 0) throw new Error('the port is taken');
    world.alive.add(daemon);
  };
  await world.run(30);
  assert.deepEqual(
    world.starts.map(([, second]) => second),
    [0, 1, 3],
  );
  assert.deepEqual(world.told, ['master'], 'only what was started is told');
});

test('what cannot be checked or told of one daemon, or of the supervisor, keeps no other daemon dead', async () => {
  const world = worldOf('agent-node1', 'agent-node2', 'master');
  world.alive.clear();
  world.alive.add('agent-node1');
  const lines: string[] = [];
  world.change = (parts) => ({
    ...parts,
    log: { ...silentLog, error: (_facts: unknown, text: string) => lines.push(text) } as unknown as Log,
    isWanted: () => Promise.reject(new Error('its file cannot be read')),
    isAlive: (daemon) => (daemon === 'agent-node1' ? Promise.reject(new Error('its file is cut off')) : parts.isAlive(daemon)),
    tell: () => Promise.reject(new Error('no room')),
  });
  await world.run(50);
  assert.deepEqual(world.starts, [
    ['agent-node2', 0],
    ['master', 0],
  ]);
  assert.deepEqual(lines, [
    'whether the supervisor is still needed is unknown; it continues',
    'a daemon could not be checked; this is tried again',
    'the new start could not be told to cluster verify',
    'the new start could not be told to cluster verify',
  ]);
});

test('daemons are watched although no word can be left for cluster verify, which is tried again', async () => {
  const home = await mkdtemp(join(tmpdir(), 'gantry-supervisor-'));
  try {
    const paths = { ...localPaths('full', home), runDir: join(home, 'run') };
    const cluster = localCluster({ version: 1, name: 'full', nodes: 2, port: 1, slot: 7, phase: 'made' }, paths);
    const [first = '', second = ''] = cluster.members.map((member) => member.paths.runDir);
    await mkdir(second, { recursive: true });
    // Nothing can be written there, even by root.
    await mkdir(join(first, 'supervisor.json', 'in-the-way'), { recursive: true });
    await writeFile(join(paths.runDir, 'supervisor.process'), JSON.stringify(await identifyProcess(process.pid)));
    const world = worldOf('master');
    const problems: unknown[] = [];
    const log = { ...silentLog, error: (facts: unknown) => problems.push(facts) } as unknown as Log;
    world.change = (parts) => ({ ...parts, isWanted: localSupervisorParts(cluster, parts.clock, log).isWanted });
    const toldTo = (folder: string) =>
      readFile(join(folder, 'supervisor.json'), 'utf8').then((text) => (JSON.parse(text) as { pid: number }).pid);
    world.at(5, () => world.alive.delete('master'));
    await world.run(50);
    assert.deepEqual(world.starts, [['master', 5]]);
    assert.equal(problems.length, 1, 'it is not logged at every look');
    assert.equal(await toldTo(second), process.pid, 'the other node is told');
    await rm(join(first, 'supervisor.json'), { recursive: true });
    await world.run(100);
    assert.equal(await toldTo(first), process.pid);
  } finally {
    await rm(home, { recursive: true });
  }
});

test('one that is not wanted any more starts nothing and ends', async () => {
  const world = worldOf('master');
  world.at(5, () => {
    world.isWanted = false;
    world.alive.clear();
  });
  await world.run(60);
  assert.deepEqual(world.starts, []);
  assert.ok(world.now < 1_006_000 + 1000, 'it ended immediately');
});

const notRoot = process.getuid?.() === 0 ? false : 'only root may write into /run/gantry';

test('the daemons of a node that was removed from the cluster are not started again', { skip: notRoot }, async () => {
  const name = `gone${process.pid}`;
  const home = await mkdtemp(join(tmpdir(), 'gantry-supervisor-'));
  const paths = localPaths(name, home);
  try {
    const cluster = localCluster({ version: 1, name, nodes: 2, port: 1, slot: 7, phase: 'made' }, paths);
    await mkdir(paths.runDir, { recursive: true });
    for (const daemon of ['master', 'agent-node1', 'monitor-node1', 'agent-node2', 'monitor-node2'])
      await writeFile(join(paths.runDir, `${daemon}.process`), '{}');
    const node1 = join(cluster.members[0]?.paths.stateDir ?? '', 'node');
    await mkdir(node1, { recursive: true });
    await writeFile(join(node1, 'node.crt'), '');
    const { list } = localSupervisorParts(cluster, systemClock, silentLog);
    assert.deepEqual([...(await list())].sort(), ['agent-node1', 'master', 'monitor-node1']);
  } finally {
    await rm(paths.runDir, { recursive: true, force: true });
    await rm(home, { recursive: true, force: true });
  }
});

test('new starts are told for each daemon, on the node where it runs', async () => {
  const home = await mkdtemp(join(tmpdir(), 'gantry-supervisor-'));
  try {
    const paths = { ...localPaths('told', home), runDir: join(home, 'run') };
    const cluster = localCluster({ version: 1, name: 'told', nodes: 2, port: 1, slot: 7, phase: 'made' }, paths);
    const files = await Promise.all(
      cluster.members.map(async ({ paths: node }) => {
        await mkdir(node.runDir, { recursive: true });
        return join(node.runDir, 'restarts.json');
      }),
    );
    const clock = { ...systemClock, now: () => 5_400 };
    const { tell, isWanted } = localSupervisorParts(cluster, clock, silentLog);
    await tell('master');
    await tell('master');
    await tell('agent-node1');
    await tell('monitor-node2');
    await tell('agent-node9');
    const told = await Promise.all(files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as unknown));
    assert.deepEqual(told, [{ master: { count: 2, last: 5 }, agent: { count: 1, last: 5 } }, { monitor: { count: 1, last: 5 } }]);
    assert.equal(await isWanted(), true, 'it has only begun');
  } finally {
    await rm(home, { recursive: true });
  }
});

test('a supervisor is wanted while it is the one on file, and for half a minute until it is', async () => {
  const home = await mkdtemp(join(tmpdir(), 'gantry-supervisor-'));
  try {
    const paths = { ...localPaths('file', home), runDir: join(home, 'run') };
    await mkdir(paths.runDir, { recursive: true });
    const file = join(paths.runDir, 'supervisor.process');
    const own = await identifyProcess(process.pid);
    let now = 1_000_000;
    const parts = () =>
      localSupervisorParts(
        localCluster({ version: 1, name: 'file', nodes: 1, port: 1, slot: 7, phase: 'made' }, paths),
        { ...systemClock, now: () => now },
        silentLog,
      );
    const early = parts();
    now += 29_999;
    assert.equal(await early.isWanted(), true);
    now += 1;
    assert.equal(await early.isWanted(), false);
    const late = parts();
    await writeFile(file, JSON.stringify(own));
    assert.equal(await late.isWanted(), true);
    now += 60_000;
    assert.equal(await late.isWanted(), true);
    await rm(file);
    assert.equal(await late.isWanted(), false);
    assert.equal(await parts().isAlive('supervisor'), false);
  } finally {
    await rm(home, { recursive: true });
  }
});
