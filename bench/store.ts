import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Clock, type Random, seededRandom, silentLog, systemClock } from '../src/base/index.ts';
import { keys } from '../src/model/index.ts';
import { type Config, createConfig, openConfig, openStore, type Store, type Write } from '../src/store/index.ts';
import { startEtcdServer } from '../src/store/testing/etcd-server.ts';
import { sampleCluster, sampleGroup, sampleInstance, sampleNode } from '../src/store/testing/sample-objects.ts';

/**
 * The state store: what a durable change of one instance costs in configurations of several sizes, how many
 * transactions a second are possible, how soon a watch knows, what reading a snapshot costs. For both adapters.
 *
 *     node bench/store.ts [--small] [--adapter sqlite|etcd] [--seed N] [--dir DIRECTORY]
 */
export interface StoreBenchmark {
  readonly adapter: Adapter;
  readonly sizes: readonly SizeResult[];
  readonly transactions: { readonly sequential: Rate; readonly concurrent: Rate };
  /** From the acknowledgement to the event, milliseconds: on the handle that wrote, and on another one. */
  readonly watch: { readonly own: Times; readonly other: Times };
  /** Of all configurations at the end; the same for both adapters and on every host. */
  readonly hash: string;
}

export type Adapter = 'sqlite' | 'etcd';

/** Milliseconds. */
export interface Times {
  readonly median: number;
  readonly p99: number;
}

export interface Rate {
  readonly count: number;
  readonly inFlight: number;
  readonly perSecond: number;
}

export interface SizeResult {
  readonly instances: number;
  readonly bytes: number;
  readonly loadMs: number;
  readonly change: Times;
  /** One look-up by name and one by UUID in the newest snapshot, microseconds. */
  readonly readMicroseconds: number;
}

export interface StoreBenchmarkOptions {
  readonly adapter: Adapter;
  readonly sizes: readonly number[];
  readonly changes: number;
  readonly transactions: number;
  readonly inFlight: number;
  readonly seed: number;
  readonly directory: string;
}

const nodes = 50;
/** A fixed time, so that the objects and with them the hash are always the same. */
const clock: Clock = { ...systemClock, now: () => 1_800_000_000_000 };

export async function benchStore(options: StoreBenchmarkOptions): Promise<StoreBenchmark> {
  const place = await makePlace(options);
  const random = seededRandom(options.seed);
  const hash = createHash('sha256');
  try {
    const sizes: SizeResult[] = [];
    for (const instances of options.sizes) sizes.push(await benchSize(place.url(), instances, options.changes, random, hash));
    const url = place.url();
    const store = await openStore(url);
    const other = await openStore(url);
    const sequential = await rate(store, Math.ceil(options.transactions / 5), 1);
    const concurrent = await rate(store, options.transactions, options.inFlight);
    const watch = { own: await watchDelay(store, store, options.changes), other: await watchDelay(store, other, options.changes) };
    await Promise.all([store.close(), other.close()]);
    return { adapter: options.adapter, sizes, transactions: { sequential, concurrent }, watch, hash: hash.digest('hex').slice(0, 16) };
  } finally {
    await place.remove();
  }
}

interface Place {
  /** Of a new, empty store. */
  url(): string;
  remove(): Promise<void>;
}

async function makePlace({ adapter, directory }: StoreBenchmarkOptions): Promise<Place> {
  let stores = 0;
  if (adapter === 'etcd') {
    const server = await startEtcdServer({ parent: directory });
    return { url: () => `etcd://localhost:${server.port}/bench-${stores++}`, remove: () => server.remove() };
  }
  const own = await mkdtemp(join(directory, 'gantry-bench-store-'));
  return { url: () => `sqlite:${join(own, `store-${stores++}.db`)}`, remove: () => rm(own, { recursive: true, force: true }) };
}

async function benchSize(
  url: string,
  instances: number,
  changes: number,
  random: Random,
  hash: ReturnType<typeof createHash>,
): Promise<SizeResult> {
  const store = await openStore(url);
  const bytes = await fill(store, instances);
  const begin = performance.now();
  const config = await openConfig(store, { clock, log: silentLog });
  const loadMs = performance.now() - begin;
  const pick = () => sampleInstance(Math.floor(random() * instances)).uuid;
  const times: number[] = [];
  for (let round = 0; round < changes; round++) times.push(await timed(() => changeOne(config, pick(), round)));
  const readMicroseconds = readTime(config, instances, random);
  for (let number = 0; number < instances; number++) hash.update(JSON.stringify(config.current.instances.get(sampleInstance(number).uuid)));
  await config.close();
  await store.close();
  return { instances, bytes, loadMs, change: summary(times), readMicroseconds };
}

/** A change as a job makes it: the node is read as well, so the transaction depends on both. */
async function changeOne(config: Config, uuid: string, round: number): Promise<void> {
  await config.transact((draft) => {
    const { primary_node } = draft.need('instance', uuid);
    draft.need('node', primary_node);
    draft.update('instance', uuid, (old) => ({ ...old, beparams: { ...old.beparams, maxmem: 1024 + (round % 64) } }));
  });
}

async function fill(store: Store, instances: number): Promise<number> {
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
  return writes.reduce((sum, write) => sum + (write.type === 'put' ? write.value.length : 0), 0);
}

function readTime(config: Config, instances: number, random: Random): number {
  const wanted = Array.from({ length: 20_000 }, () => sampleInstance(Math.floor(random() * instances)));
  let found = 0;
  const begin = performance.now();
  for (const { name, uuid } of wanted) {
    const { current } = config;
    if (current.instances.find(name) === current.instances.get(uuid)) found++;
  }
  const microseconds = ((performance.now() - begin) * 1000) / wanted.length;
  if (found !== wanted.length) throw new Error('a look-up found the wrong instance');
  return microseconds;
}

async function rate(store: Store, count: number, inFlight: number): Promise<Rate> {
  let left = count;
  const writer = async (writer: number) => {
    while (left-- > 0) await store.transact({ compares: [], writes: [{ type: 'put', key: `/rate/${writer}`, value: 'x'.repeat(500) }] });
  };
  const seconds = (await timed(async () => void (await Promise.all(Array.from({ length: inFlight }, (_, index) => writer(index)))))) / 1000;
  return { count, inFlight, perSecond: count / seconds };
}

async function watchDelay(writer: Store, watcher: Store, rounds: number): Promise<Times> {
  const stop = new AbortController();
  const { revision } = await writer.range('/watched/');
  const batches = watcher.watch('/watched/', revision, stop.signal)[Symbol.asyncIterator]();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const seen = nextEvent(batches);
    const outcome = await writer.transact({ compares: [], writes: [{ type: 'put', key: '/watched/key', value: String(round) }] });
    const acknowledged = performance.now();
    const { at, modRevision } = await seen;
    if (!outcome.committed || modRevision !== outcome.revision) throw new Error('the watch delivered another revision');
    times.push(Math.max(0, at - acknowledged));
  }
  stop.abort();
  return summary(times);
}

async function nextEvent(
  batches: AsyncIterator<{ revision: number; events: readonly unknown[] }>,
): Promise<{ at: number; modRevision: number }> {
  for (;;) {
    const { value, done } = await batches.next();
    if (done) throw new Error('the watch ended');
    if (value.events.length > 0) return { at: performance.now(), modRevision: value.revision };
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

function summary(times: readonly number[]): Times {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
  return { median: at(0.5), p99: at(0.99) };
}

export const smallSizes = { sizes: [20, 60], changes: 20, transactions: 200, inFlight: 20 } as const;
const largeSizes = { sizes: [100, 1_000, 10_000], changes: 300, transactions: 10_000, inFlight: 100 } as const;

function report({ adapter, sizes, transactions, watch, hash }: StoreBenchmark): string {
  const row = (cells: readonly (string | number)[]) => cells.map((cell) => String(cell).padStart(14)).join('');
  const { sequential, concurrent } = transactions;
  return [
    `${adapter}: hash ${hash}`,
    row(['instances', 'MB of JSON', 'load ms', 'change ms', 'p99 ms', 'read µs']),
    ...sizes.map(({ instances, bytes, loadMs, change, readMicroseconds }) =>
      row([
        instances,
        (bytes / 1e6).toFixed(1),
        loadMs.toFixed(0),
        change.median.toFixed(2),
        change.p99.toFixed(2),
        readMicroseconds.toFixed(2),
      ]),
    ),
    `  transactions/s: ${sequential.perSecond.toFixed(0)} one after the other, ${concurrent.perSecond.toFixed(0)} with ${concurrent.inFlight} in flight`,
    `  watch, ms after the acknowledgement: own handle ${watch.own.median.toFixed(2)} (p99 ${watch.own.p99.toFixed(2)}), another handle ${watch.other.median.toFixed(2)} (p99 ${watch.other.p99.toFixed(2)})`,
  ].join('\n');
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { small: { type: 'boolean' }, adapter: { type: 'string' }, seed: { type: 'string' }, dir: { type: 'string' } },
  });
  const adapters = (['sqlite', 'etcd'] as const).filter((adapter) => (values.adapter ?? adapter) === adapter);
  const seed = Number(values.seed ?? 1);
  for (const adapter of adapters) {
    const result = await benchStore({ ...(values.small ? smallSizes : largeSizes), adapter, seed, directory: values.dir ?? tmpdir() });
    console.log(`${report(result)}\n`);
  }
}
