import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Principal } from '../../src/access/index.ts';
import { GantryError, silentLog, systemClock } from '../../src/base/index.ts';
import { type Leading, lead } from '../../src/cluster/index.ts';
import { jobStatus, keys } from '../../src/model/index.ts';
import { createAuthority, createCertificate, createNodeClient, createRevocationList } from '../../src/rpc/index.ts';
import { createConfig, type InitialObjects, openStore, type Store, type Write } from '../../src/store/index.ts';
import { type ScaleSize, scaleCluster } from './scale-cluster.ts';
import type { ScaleNodesOrder } from './scale-nodes.ts';

const bench: Principal = { name: 'bench', scheme: 'users-file', groups: [], options: ['write'] };

/**
 * A master over many nodes: it starts, verifies and stays. The nodes are simulated, in a process of their own, but every
 * call goes over TLS to a port of its own. What counts is the longest time in which the master's event loop did nothing
 * else: a lease of 10 s is lost when that gets near.
 *
 *     node bench/scale/scale.ts [--small] [--nodes N] [--instances N] [--seconds N] [--lease SECONDS] [--dir DIRECTORY]
 */
export interface ScaleBenchmark {
  /** In the order in which they happen. */
  readonly phases: readonly ScalePhase[];
  /** Nodes whose report is there and fresh at the end. */
  readonly fresh: number;
  /** Findings of `cluster verify`. */
  readonly problems: readonly string[];
  readonly leads: boolean;
  /** MiB. */
  readonly memory: number;
}

export interface ScalePhase {
  readonly name: string;
  readonly seconds: number;
  /** Milliseconds: the longest that the event loop was blocked, and its mean delay; on a busy host others are in it, too. */
  readonly longest: number;
  readonly mean: number;
  /** Milliseconds of processor time: the most that it used between two ticks of a timer, so without what others took. */
  readonly longestOwn: number;
  /** Seconds of processor time of the master. */
  readonly cpu: number;
}

export interface ScaleOptions extends ScaleSize {
  /** How long it stays after the verification. */
  readonly seconds: number;
  readonly leaseSeconds: number;
  readonly dir: string;
}

export async function benchScale(options: ScaleOptions): Promise<ScaleBenchmark> {
  await using open = new AsyncDisposableStack();
  const authority = await createAuthority('scale');
  const shared = { ca: authority.certificate, crl: await createRevocationList(authority, []) };
  const node = await createCertificate(authority, { role: 'node', name: 'node', addresses: ['127.0.0.1'] });
  const master = await createCertificate(authority, { role: 'master', name: 'node0', addresses: [] });
  const nodes = fork(join(import.meta.dirname, 'scale-nodes.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  open.defer(() => void nodes.kill('SIGKILL'));
  const ports = await portsOf(nodes, { size: options, credentials: { key: node.key, certificate: node.certificate, ...shared } });
  const store = await openStore(`sqlite:${join(options.dir, 'store.db')}`);
  open.defer(() => store.close());
  await fill(store, scaleCluster(options, ports, node.fingerprint));
  const leading = await lead({
    store,
    name: 'node0',
    clock: systemClock,
    log: silentLog,
    leaseSeconds: options.leaseSeconds,
    connect: (config, term) => {
      const credentials = { key: master.key, certificate: master.certificate, ...shared };
      const client = createNodeClient({ credentials, term, resolve: (uuid) => targetOf(config.current.nodes.get(uuid)) });
      open.defer(() => client.close());
      return client;
    },
    authority: {
      ca: shared.ca,
      encodeToken: () => '',
      signNode: () => Promise.reject(new Error('nobody joins')),
      revocationList: async () => shared.crl,
      useRevocationList: async () => undefined,
    },
    signal: new AbortController().signal,
  });
  open.defer(() => leading.close());
  return await measure(leading, options.seconds);
}

/** A configuration of this size is too large for one transaction. */
async function fill(store: Store, { cluster, groups, nodes, instances = [] }: InitialObjects): Promise<void> {
  await createConfig(store, { cluster, groups, nodes: [] });
  const put = (key: string, nameKey: string, object: { readonly uuid: string }): Write[] => [
    { type: 'put', key, value: JSON.stringify(object) },
    { type: 'put', key: nameKey, value: object.uuid },
  ];
  const writes = [
    ...nodes.flatMap((node) => put(keys.node(node.uuid), keys.name('node', node.name), node)),
    ...instances.flatMap((instance) => put(keys.instance(instance.uuid), keys.name('instance', instance.name), instance)),
  ];
  for (let from = 0; from < writes.length; from += 100) await store.transact({ compares: [], writes: writes.slice(from, from + 100) });
}

async function portsOf(nodes: ChildProcess, order: ScaleNodesOrder): Promise<readonly number[]> {
  nodes.send(order);
  const failed = once(nodes, 'exit').then(() => Promise.reject(new Error('the nodes did not start')));
  const [ports] = (await Promise.race([once(nodes, 'message'), failed])) as [readonly number[]];
  failed.catch(() => undefined);
  return ports;
}

type Target = { name: string; primary_ip: string; agent_port: number; certificate_fingerprint: string };

const targetOf = (node: Target | undefined) =>
  node && { name: node.name, address: node.primary_ip, port: node.agent_port, fingerprint: node.certificate_fingerprint };

async function measure({ services, leadership, start }: Leading, seconds: number): Promise<ScaleBenchmark> {
  const { config, live, jobs } = services;
  const lost = { yet: false };
  void leadership.lost.then(() => {
    lost.yet = true;
  });
  const phases: ScalePhase[] = [];
  const all = [...config.current.nodes.values()];
  const fresh = () => all.filter(({ uuid }) => live.node(uuid)?.stale === false).length;
  const phase = async (name: string, work: () => Promise<unknown>) => phases.push(await watched(name, work));
  await phase('start', start);
  await phase('all nodes known', async () => {
    for (let tries = 0; !lost.yet && fresh() < all.length && tries < 600; tries++) await sleep(100);
  });
  let problems: string[] = [];
  await phase('verify', async () => {
    problems = lost.yet ? ['the leadership is lost'] : await verify(jobs);
  });
  await phase('stay', () => sleep(seconds * 1000));
  return { phases, fresh: fresh(), problems, leads: !lost.yet, memory: process.memoryUsage().rss / 2 ** 20 };
}

async function verify(jobs: Leading['services']['jobs']): Promise<string[]> {
  const id = await jobs.submit([{ OP_ID: 'OP_CLUSTER_VERIFY' }], bench);
  for (let status: ReturnType<typeof jobStatus> = 'queued'; ; ) {
    const change = await jobs.waitForChange(id, { status, timeoutMs: 600_000 });
    if (!change) throw new Error('the verification did not end');
    status = jobStatus(change.job);
    if (status === 'error' || status === 'canceled') throw new Error(`the verification ended with ${status}`);
    if (status !== 'success') continue;
    const result = change.job.ops[0]?.result as { problems: { code: string; subject: string; text: string }[] } | undefined;
    return (result?.problems ?? []).map(({ code, subject, text }) => `${code} ${subject}: ${text}`);
  }
}

async function watched(name: string, work: () => Promise<unknown>): Promise<ScalePhase> {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const begin = performance.now();
  const before = process.cpuUsage();
  const burst = watchBursts();
  // Whoever does not lead any more can do nothing; the end tells that.
  await work().catch((error: unknown) => console.error(`${name}: ${GantryError.from(error).message}`));
  // What blocked last is known only when the loop has turned once more.
  await sleep(20);
  const seconds = (performance.now() - begin) / 1000;
  delay.disable();
  const longestOwn = burst.stop();
  const { user, system } = process.cpuUsage(before);
  return { name, seconds, cpu: (user + system) / 1e6, longest: delay.max / 1e6, longestOwn, mean: delay.mean / 1e6 };
}

function watchBursts(): { stop(): number } {
  let last = process.threadCpuUsage();
  let longest = 0;
  const look = () => {
    const used = process.threadCpuUsage();
    longest = Math.max(longest, used.user - last.user + used.system - last.system);
    last = used;
  };
  const timer = setInterval(look, 10);
  return {
    stop() {
      clearInterval(timer);
      return longest / 1000;
    },
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      small: { type: 'boolean' },
      nodes: { type: 'string' },
      instances: { type: 'string' },
      seconds: { type: 'string' },
      lease: { type: 'string' },
      dir: { type: 'string' },
    },
  });
  const nodes = Number(values.nodes ?? (values.small ? 20 : 1000));
  const instances = Number(values.instances ?? nodes * 10);
  const dir = await mkdtemp(join(values.dir ?? tmpdir(), 'gantry-bench-scale-'));
  try {
    const seconds = Number(values.seconds ?? (values.small ? 1 : 60));
    const result = await benchScale({ nodes, instances, seconds, leaseSeconds: Number(values.lease ?? 10), dir });
    for (const { name, seconds, cpu, longest, longestOwn, mean } of result.phases) {
      console.log(
        `${name}: ${seconds.toFixed(1)} s (${cpu.toFixed(1)} s of processor time), longest block ${longest.toFixed(0)} ms (own ${longestOwn.toFixed(0)} ms), mean delay ${mean.toFixed(1)} ms`,
      );
    }
    const { fresh, problems, leads, memory } = result;
    console.log(`${fresh} of ${nodes} nodes are fresh, ${problems.length} findings, ${memory.toFixed(0)} MiB`);
    for (const problem of problems.slice(0, 10)) console.log(`  ${problem}`);
    console.log(leads ? 'the master leads' : 'the master has lost its lease');
    if (!leads) process.exitCode = 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
