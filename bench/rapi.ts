import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { parseArgs } from 'node:util';
import { createAccessControl, openAuthenticator, optionsAuthorizer, usersFileOnly } from '../src/access/index.ts';
import { type ApiServer, createApi } from '../src/api/index.ts';
import { writeTestCertificate } from '../src/api/testing/test-certificate.ts';
import { type Clock, GantryError, type Random, seededRandom, silentLog, systemClock } from '../src/base/index.ts';
import { type LiveState, MasterMetrics, type MasterServices } from '../src/cluster/index.ts';
import { keys } from '../src/model/index.ts';
import type { InstanceRuntime, NodeInfo } from '../src/rpc/index.ts';
import { type Config, createConfig, openConfig, openStore, type Store, type Write } from '../src/store/index.ts';
import { sampleCluster, sampleGroup, sampleInstance, sampleNode } from '../src/store/testing/sample-objects.ts';
import type { ClientOutcome, ClientTask } from './rapi-client.ts';

/**
 * The REST API: requests a second over HTTPS on loopback, from a client process of its own with kept-alive
 * connections, against a master with a configuration in SQLite and the live state of all its instances.
 *
 *     node bench/rapi.ts [--small] [--seed N] [--dir DIRECTORY]
 */
export interface RapiBenchmark {
  readonly seed: number;
  readonly results: readonly RequestResult[];
  readonly changes: readonly ChangeResult[];
}

export interface RequestResult {
  readonly instances: number;
  readonly path: string;
  readonly conditional: boolean;
  readonly requests: number;
  readonly connections: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
  readonly bytes: number;
  /** Of the body; the same for the same seed, on every host. */
  readonly hash: string;
}

/** Milliseconds from asking to the last byte of the list, one request at a time. */
export interface ChangeResult {
  readonly instances: number;
  /** The first request after the start. */
  readonly cold: number;
  /** After a change of one instance. */
  readonly changed: number;
}

export interface RapiBenchmarkOptions {
  readonly sizes: readonly number[];
  readonly infoRequests: number;
  /** Requests of a list of 1,000 instances; longer lists get fewer. */
  readonly listRequests: number;
  readonly connections: number;
  readonly seed: number;
  readonly directory: string;
}

const nodes = 50;
/** Time stamps of changes are part of the replies, and so of the hash. */
const fixedClock: Clock = { ...systemClock, now: () => 1_800_000_000_000 };
const user = 'bench:secret';
const list = '/2/instances?bulk=1';

export async function benchRapi(options: RapiBenchmarkOptions): Promise<RapiBenchmark> {
  const results: RequestResult[] = [];
  const changes: ChangeResult[] = [];
  for (const instances of options.sizes) {
    const master = await startMaster(instances, options);
    try {
      changes.push(await benchChange(master, instances));
      const { infoRequests, connections } = options;
      const listRequests = Math.max(5, Math.round((options.listRequests * 1000) / Math.max(instances, 1000)));
      const task = { port: master.port, ca: master.ca, user, connections };
      const tasks: ClientTask[] = [
        { ...task, path: '/2/info', requests: infoRequests, conditional: false },
        { ...task, path: list, requests: listRequests, conditional: false },
        { ...task, path: list, requests: listRequests * 5, conditional: true },
      ];
      for (const one of tasks) results.push(resultOf(instances, one, await runClient(one)));
    } finally {
      await master.close();
    }
  }
  return { seed: options.seed, results, changes };
}

interface Master {
  readonly port: number;
  readonly ca: string;
  readonly config: Config;
  close(): Promise<void>;
}

async function startMaster(instances: number, { seed, directory }: RapiBenchmarkOptions): Promise<Master> {
  const folder = await mkdtemp(join(directory, 'gantry-bench-rapi-'));
  const store = await openStore(`sqlite:${join(folder, 'store.db')}`);
  await fill(store, instances);
  const config = await openConfig(store, { clock: fixedClock, log: silentLog });
  await writeFile(join(folder, 'users'), 'bench secret read\n');
  const tls = await writeTestCertificate(folder);
  const authenticator = await openAuthenticator(usersFileOnly(join(folder, 'users')), { log: silentLog, clock: systemClock });
  const api: ApiServer = await createApi({
    ...services(config, liveState(instances, seededRandom(seed))),
    tls,
    authenticator,
    clusterInfo: { version: '0' },
    openConsole: async () => new PassThrough(),
  });
  const { port } = await api.listen({ host: '127.0.0.1', port: 0 });
  const close = async () => {
    await api.close();
    await config.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { port, ca: tls.pem, config, close };
}

async function fill(store: Store, instances: number): Promise<void> {
  await createConfig(store, {
    cluster: sampleCluster,
    groups: [sampleGroup],
    nodes: Array.from({ length: nodes }, (_, number) => sampleNode(number)),
  });
  const writes: Write[] = [];
  for (let number = 0; number < instances; number++) {
    const instance = sampleInstance(number, nodes);
    writes.push({ type: 'put', key: keys.instance(instance.uuid), value: JSON.stringify(instance) });
    writes.push({ type: 'put', key: keys.name('instance', instance.name), value: instance.uuid });
  }
  for (let start = 0; start < writes.length; start += 100) await store.transact({ compares: [], writes: writes.slice(start, start + 100) });
}

/** Nine of ten instances run; every node has reported. */
function liveState(instances: number, random: Random): LiveState {
  const running = new Map<string, { runtime: InstanceRuntime; node: string; at: number }>();
  for (let number = 0; number < instances; number++) {
    if (random() < 0.1) continue;
    const { uuid, name, primary_node: node } = sampleInstance(number, nodes);
    const runtime: InstanceRuntime = { uuid, name, hypervisor: 'kvm', state: 'running', memory: 1024, vcpus: 2, cpu_seconds: 0, pid: null };
    running.set(uuid, { runtime, node, at: 0 });
  }
  const report = { info: {} as NodeInfo, at: 0, stale: false };
  return { version: 1, node: () => report, instance: (uuid) => running.get(uuid), refresh: async () => undefined };
}

/** Only reading is measured: nothing submits a job or calls a node. */
function services(config: Config, live: LiveState): MasterServices {
  const unused = () => {
    throw new GantryError('INTERNAL', { detail: 'not part of the benchmark' });
  };
  const jobs = new Proxy({} as MasterServices['jobs'], { get: unused });
  const access = createAccessControl({ authorizer: optionsAuthorizer, config, job: unused, log: silentLog });
  return {
    access,
    config,
    live,
    jobs,
    nodes: { call: unused },
    join: { createToken: unused, join: unused },
    metrics: new MasterMetrics(),
    clock: systemClock,
    log: silentLog,
  };
}

async function benchChange({ config, port, ca }: Master, instances: number): Promise<ChangeResult> {
  const task: ClientTask = { port, ca, user, path: list, requests: 1, connections: 1, conditional: false };
  const once = async () => (await runClient(task)).firstMs;
  const cold = await once();
  await config.transact((draft) => {
    draft.update('instance', sampleInstance(0).uuid, (old) => ({ ...old, tags: ['changed'] }));
  });
  const changed = await once();
  return { instances, cold, changed };
}

/** Runs the clients in a process of their own, so that they do not take the server's time. */
async function runClient(task: ClientTask): Promise<ClientOutcome> {
  const child = fork(new URL('./rapi-client.ts', import.meta.url));
  try {
    child.send(task);
    const exit = once(child, 'exit').then(([code]) => {
      throw new Error(`the client process ended with ${String(code)}`);
    });
    const answer = once(child, 'message').then(([outcome]) => outcome as ClientOutcome);
    return await Promise.race([answer, exit]);
  } finally {
    child.disconnect();
  }
}

function resultOf(instances: number, task: ClientTask, { seconds, times, bytes, hash }: ClientOutcome): RequestResult {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
  const { path, requests, connections, conditional } = task;
  return {
    instances,
    path,
    conditional,
    requests,
    connections,
    perSecond: requests / seconds,
    median: at(0.5),
    p99: at(0.99),
    bytes,
    hash,
  };
}

export const smallSizes = { sizes: [20], infoRequests: 50, listRequests: 10, connections: 4 } as const;
const largeSizes = { sizes: [6, 1000, 10_000], infoRequests: 20_000, listRequests: 1000, connections: 8 } as const;

function report({ seed, results, changes }: RapiBenchmark): string {
  const row = (cells: readonly (string | number)[]) =>
    cells.map((cell, index) => (index === 1 ? String(cell).padEnd(28) : String(cell).padStart(11))).join(' ');
  return [
    `seed ${seed}`,
    row(['instances', 'request', 'requests/s', 'median ms', 'p99 ms', 'MB', 'hash'].map(String)),
    ...results.map((one) =>
      row([
        one.instances,
        `${one.path}${one.conditional ? ' (304)' : ''}`,
        one.perSecond.toFixed(one.perSecond < 100 ? 1 : 0),
        one.median.toFixed(1),
        one.p99.toFixed(1),
        (one.bytes / 1e6).toFixed(3),
        one.hash.slice(0, 10),
      ]),
    ),
    ...changes.map(
      ({ instances, cold, changed }) =>
        `${instances} instances: the list takes ${cold.toFixed(1)} ms at first, ${changed.toFixed(1)} ms after a change of one`,
    ),
  ].join('\n');
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      small: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      dir: { type: 'string', default: tmpdir() },
    },
  });
  const sizes = values.small ? smallSizes : largeSizes;
  console.log(report(await benchRapi({ ...sizes, seed: Number(values.seed), directory: values.dir })));
}
