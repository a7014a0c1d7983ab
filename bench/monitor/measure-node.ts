import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { processFlags } from '../../src/monitor/index.ts';
import { askWithH2load, hasH2load } from './h2load.ts';
import { startInstanceNode } from './instance-node.ts';
import type { LoadPlan, LoadTimes } from './load.ts';
import { endPeer, type Peer, startMond, startNodeExporter, startScript } from './peers.ts';
import { type ProcessMemory, readMemory, readStat } from './process-cost.ts';

export interface MonitorBenchmarkOptions {
  readonly instances: number;
  /** How long the servers are watched while hardly anybody asks, and then asked for each path. */
  readonly seconds: number;
  readonly askSeconds: number;
  readonly perSecond: number;
  readonly directory: string;
  /** Ganeti's agent; it is left out where there is none. */
  readonly mond: string;
}

/** What one process takes while nobody asks, or a scraper does every five seconds. */
export interface Cost extends ProcessMemory {
  readonly who: string;
  /** Of one core. */
  readonly cpuPercent: number;
}

export interface Answers extends LoadTimes {
  readonly who: string;
  readonly what: string;
  /** Milliseconds of processor time of the server for each answer. */
  readonly cpu: number;
  /** Times the median and the 99th percentile of a server that does nothing but send as many bytes. */
  readonly timesFloor?: { readonly median: number; readonly p99: number };
}

export interface MonitorBenchmark {
  readonly instances: number;
  readonly node: string;
  /** Load average of the host at the start. */
  readonly load: number;
  readonly costs: readonly Cost[];
  readonly answers: readonly Answers[];
  /** Of the names of all collectors and instances; the same on every host. */
  readonly hash: string;
}

interface Servers {
  readonly calm: Peer;
  readonly empty: Peer;
  readonly exporter: Peer | undefined;
  readonly mond: Peer | undefined;
}

const all = { path: '/1/report/all', headers: {} };
const allCompressed = { path: '/1/report/all', headers: { 'accept-encoding': 'gzip' } };
const metrics = { path: '/metrics', headers: { accept: 'application/openmetrics-text; version=1.0.0', 'accept-encoding': 'gzip' } };

/** The agent on a node with many instances, calm and with collectors that hang, and others' agents beside it. */
export async function benchMonitor(options: MonitorBenchmarkOptions): Promise<MonitorBenchmark> {
  const folder = mkdtempSync(join(options.directory, 'gantry-mon-'));
  const env = { ...process.env, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(folder, 'compiled') };
  const load = loadavg()[0] ?? 0;
  const peers: Peer[] = [];
  const kept = <P extends Peer | undefined>(peer: P): P => {
    if (peer) peers.push(peer);
    return peer;
  };
  const node = await startInstanceNode(join(folder, 'node'), options.instances);
  const without = await startInstanceNode(join(folder, 'empty'), 0);
  try {
    const execArgv = [...processFlags];
    await once(fork(join(import.meta.dirname, 'agent.ts'), [], { env, execArgv }), 'exit');
    const agent = async (root: string, state: string) => kept(await startScript('agent.ts', [root, state], { env, execArgv }));
    const calm = await agent(node.root, 'calm');
    const empty = await agent(without.root, 'calm');
    const exporter = kept(await startNodeExporter());
    const mond = kept(await startMond(join(folder, 'mond'), options.mond));
    await Promise.all([untilCollected(calm.port, options.instances), untilCollected(empty.port, 0)]);
    const costs = await costOfServers({ calm, empty, exporter, mond }, options.seconds);
    const answers = await askServers({ calm, empty, exporter, mond }, options, kept);
    const hash = await hashOfNames(calm.port);
    await endPeer(calm);
    const eager = await agent(node.root, 'eager');
    await untilCollected(eager.port, options.instances);
    costs.push(...(await costOf([[`${gantry}, all collectors of instances every 5 s`, eager]], options.seconds)));
    await endPeer(eager);
    const troubled = await agent(node.root, 'troubled');
    await untilCollected(troubled.port, options.instances);
    const ask = async (what: string, plan: Asked) => {
      for (const asker of askers()) {
        const floor = answers.find(({ who, what: asked }) => who === floorName && asked === floorAsked(asker));
        answers.push(await askOne(asker, `${gantry}, two collectors hang`, what, troubled, plan, options, floor));
      }
    };
    await ask('/1/report/all', all);
    await ask('/1/report/all, gzip', allCompressed);
    costs.push(...(await costOf([[`${gantry}, two collectors hang`, troubled]], options.seconds)));
    return { instances: options.instances, node: node.about, load, costs, answers, hash };
  } finally {
    await Promise.all(peers.map(endPeer));
    await Promise.all([node.close(), without.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

const gantry = 'Gantry';
const floorName = 'a server that only sends';

async function costOf(servers: readonly (readonly [who: string, peer: Peer])[], seconds: number): Promise<Cost[]> {
  const before = servers.map(([, { pid }]) => readStat(pid).cpuSeconds);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return servers.map(([who, { pid }], i) => ({
    who,
    cpuPercent: ((readStat(pid).cpuSeconds - (before[i] ?? 0)) / seconds) * 100,
    ...readMemory(pid),
  }));
}

/** All at the same time; those that are compared with what collects only when it is asked are asked every five seconds. */
async function costOfServers({ calm, empty, exporter, mond }: Servers, seconds: number): Promise<Cost[]> {
  const scraped = [
    ...[empty, exporter].flatMap((peer) => (peer ? `http://127.0.0.1:${peer.port}/metrics` : [])),
    ...(mond ? [`http://127.0.0.1:${mond.port}/1/report/all`] : []),
  ];
  const scraper = setInterval(() => {
    for (const url of scraped)
      fetch(url).then(
        (response) => response.arrayBuffer(),
        () => undefined,
      );
  }, 5000);
  try {
    return await costOf(
      [
        [`${gantry}, nobody asks`, calm],
        [`${gantry} without instances, /metrics every 5 s`, empty],
        ...(exporter ? [['prometheus-node-exporter, /metrics every 5 s', exporter] as const] : []),
        ...(mond ? [["Ganeti's mond, its two reports every 5 s", mond] as const] : []),
      ],
      seconds,
    );
  } finally {
    clearInterval(scraper);
  }
}

type Asked = Pick<LoadPlan, 'path' | 'headers'>;

interface Asker {
  /** After what is asked, in the table. */
  readonly mark: string;
  readonly ask: (load: LoadPlan) => Promise<LoadTimes>;
}

const own: Asker = {
  mark: '',
  ask: async (load) => {
    const child = fork(join(import.meta.dirname, 'load.ts'), [JSON.stringify(load)]);
    const [times] = (await once(child, 'message')) as [LoadTimes];
    child.disconnect();
    return times;
  },
};

const askers = (): readonly Asker[] => (hasH2load() ? [own, { mark: ' (h2load)', ask: askWithH2load }] : [own]);

const floorAsked = ({ mark }: Asker) => `as many bytes${mark}`;

async function askServers(servers: Servers, options: MonitorBenchmarkOptions, kept: (peer: Peer) => Peer): Promise<Answers[]> {
  const { calm, empty, exporter, mond } = servers;
  const sample = await fetch(`http://127.0.0.1:${calm.port}/1/report/all`, { headers: { 'accept-encoding': 'identity' } });
  const size = (await sample.arrayBuffer()).byteLength;
  const sender = kept(await startScript('floor.ts', [String(size)]));
  const answers: Answers[] = [];
  for (const asker of askers()) {
    const floor = await askOne(asker, floorName, 'as many bytes', sender, all, options);
    answers.push(floor, await askOne(asker, gantry, '/1/report/all', calm, all, options, floor));
    answers.push(await askOne(asker, gantry, '/1/report/all, gzip', calm, allCompressed, options));
  }
  const ask = async (who: string, what: string, peer: Peer | undefined, plan: Asked, perSecond = options.perSecond) => {
    if (peer) answers.push(await askOne(own, who, what, peer, plan, { ...options, perSecond }));
  };
  await ask(gantry, '/metrics, gzip', calm, metrics);
  // Each scrape of the other collects; as many as for the agent would be more than a core can do.
  const scrapes = options.perSecond / 10;
  await ask(`${gantry} without instances`, '/metrics, gzip', empty, metrics, scrapes);
  await ask('prometheus-node-exporter', '/metrics, gzip', exporter, metrics, scrapes);
  const diskstats = { path: '/1/report/storage/diskstats', headers: {} };
  await ask(gantry, diskstats.path, calm, diskstats);
  await ask("Ganeti's mond", diskstats.path, mond, diskstats);
  await ask("Ganeti's mond", 'all of its two reports', mond, all);
  return answers;
}

async function askOne(
  { ask, mark }: Asker,
  who: string,
  what: string,
  peer: Peer,
  plan: Asked,
  { perSecond, askSeconds }: MonitorBenchmarkOptions,
  floor?: Answers,
): Promise<Answers> {
  const before = readStat(peer.pid).cpuSeconds;
  const times = await ask({ ...plan, port: peer.port, perSecond, seconds: askSeconds });
  const cpu = ((readStat(peer.pid).cpuSeconds - before) * 1000) / times.answered;
  const timesFloor = floor && { median: times.median / floor.median, p99: times.p99 / floor.p99 };
  return { who, what: what + mark, ...times, cpu, ...(timesFloor && { timesFloor }) };
}

interface Usage {
  readonly data: readonly { readonly name: string }[] | { readonly error: string };
}

const json = async <T>(port: number, path: string): Promise<T> => (await fetch(`http://127.0.0.1:${port}${path}`)).json() as Promise<T>;

/** Until the instances are there, in both collectors that go to each of them. */
async function untilCollected(port: number, instances: number): Promise<void> {
  for (const name of ['inst-usage', 'inst-guest-kvm']) {
    for (;;) {
      const { data } = await json<Usage>(port, `/1/report/instance/${name}`);
      if (Array.isArray(data) && data.length === instances) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function hashOfNames(port: number): Promise<string> {
  const { data } = await json<Usage>(port, '/1/report/instance/inst-usage');
  const names = [await json(port, '/1/list/collectors'), Array.isArray(data) ? data.map(({ name }) => name) : []];
  return createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 16);
}
