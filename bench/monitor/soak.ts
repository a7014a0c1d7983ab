import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Random, seededRandom } from '../../src/base/index.ts';
import { processFlags } from '../../src/monitor/index.ts';
import { startInstanceNode } from './instance-node.ts';
import type { MemorySample } from './soak-agent.ts';
import { faultNames } from './soak-catalogue.ts';
import { instanceChurn, mountSmallDisk, type SmallDisk, sendMalformed, slowClients } from './soak-faults.ts';

/**
 * The monitoring agent with everything going wrong at once: collectors that hang, block, crash, flood, throw and eat
 * memory, instances that come and go, slow clients, malformed requests, a wall clock that jumps, a disk that is full.
 * Prints whether it was there all the time with fresh data, and how its memory grew.
 *
 *     node bench/monitor/soak.ts [--seconds N] [--instances N] [--clients N] [--seed N]
 */
export interface SoakOptions {
  readonly seconds: number;
  readonly instances: number;
  readonly clients: number;
  readonly seed: number;
}

export interface SoakResult {
  /** Asked once a second, and how often no answer came within 5 seconds. */
  readonly asked: number;
  readonly unanswered: number;
  /** Milliseconds. */
  readonly slowestAnswer: number;
  /** Seconds: the oldest that reports of collectors that are well ever were. */
  readonly oldest: number;
  /** Failures by collector, of those that are told to fail. */
  readonly failures: Readonly<Record<string, number>>;
  /** Failures of the others. */
  readonly others: Readonly<Record<string, number>>;
  readonly threads: number;
  readonly diskWasFull: boolean;
  readonly memory: readonly (MemorySample & { readonly second: number })[];
  /** MiB an hour over the last two thirds of the time. */
  readonly residentSlope: number;
  readonly heapSlope: number;
}

/** Their reports must stay fresh whatever else goes wrong. */
const well = ['cpu-avg-load', 'cpu', 'memory', 'inst-usage'];

export async function soak({ seconds, instances, clients, seed }: SoakOptions): Promise<SoakResult> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-soak-'));
  const random = seededRandom(seed);
  const disk = mountSmallDisk(join(folder, 'disk'));
  const node = await startInstanceNode(join(folder, 'node'), instances);
  const places = disk ? { NODE_COMPILE_CACHE: join(disk.folder, 'compiled'), TMPDIR: disk.folder } : {};
  const log = openSync(join(disk?.folder ?? folder, 'log'), 'a');
  const child = fork(join(import.meta.dirname, 'soak-agent.ts'), [node.root], {
    env: { ...process.env, ...places },
    execArgv: [...processFlags, '--expose-gc'],
    stdio: ['ignore', log, log, 'ipc'],
  });
  try {
    const [port] = (await once(child, 'message')) as [number];
    return await disturb({ child, port, root: node.root, disk, random }, seconds, clients);
  } finally {
    if (child.connected) child.disconnect();
    await node.close();
    disk?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Subject {
  readonly child: ChildProcess;
  readonly port: number;
  readonly root: string;
  readonly disk: SmallDisk | undefined;
  readonly random: Random;
}

async function disturb(subject: Subject, seconds: number, clients: number): Promise<SoakResult> {
  const { child, port, root, disk, random } = subject;
  const churn = instanceChurn(root, random);
  const slow = slowClients(port, clients);
  const tally = createTally(port);
  const memory: (MemorySample & { second: number })[] = [];
  for (let second = 0; second < seconds; second++) {
    const begun = performance.now();
    churn();
    if (second % 5 === 0) slow.turn();
    for (let i = 0; i < 5; i++) sendMalformed(port, random);
    if (second % 10 === 3) child.send((random() - 0.5) * 7_200_000);
    if (second === Math.floor(seconds / 3)) disk?.fill();
    if (second === Math.floor((seconds * 2) / 3)) disk?.free();
    await tally.ask();
    if (second % 5 === 4) memory.push({ second, ...(await sampleMemory(child)) });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 1000 - (performance.now() - begun))));
  }
  slow.close();
  const late = memory.filter(({ second }) => second >= seconds / 3);
  return {
    ...(await tally.sum()),
    diskWasFull: disk !== undefined,
    memory,
    residentSlope: slope(late.map(({ second, resident }) => [second, resident])),
    heapSlope: slope(late.map(({ second, heap }) => [second, heap])),
  };
}

async function sampleMemory(child: ChildProcess): Promise<MemorySample> {
  child.send('memory');
  const [sample] = (await once(child, 'message')) as [MemorySample];
  return sample;
}

const metric = /^gantry_monitor_(\w+?)(?:_total)?(?:\{collector="([^"]+)"\})? (\S+)$/gm;

/** The agent's word on itself, as a Prometheus would see it, and by a clock that does not jump. */
function createTally(port: number) {
  const totals = { asked: 0, unanswered: 0, slowestAnswer: 0, oldest: 0 };
  const seen = new Map<string, { readonly stamp: string; readonly since: number }>();
  const get = async (path: string) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5000), headers: { connection: 'close' } })).text();

  const age = (reports: readonly { readonly name: string; readonly timestamp: number }[]) => {
    for (const { name, timestamp } of reports.filter((report) => well.includes(report.name))) {
      const before = seen.get(name);
      if (before?.stamp !== String(timestamp)) seen.set(name, { stamp: String(timestamp), since: performance.now() });
      else totals.oldest = Math.max(totals.oldest, (performance.now() - before.since) / 1000);
    }
  };
  return {
    ask: async () => {
      const begun = performance.now();
      totals.asked++;
      try {
        age(JSON.parse(await get('/1/report/all?fields=name,timestamp')) as { name: string; timestamp: number }[]);
      } catch {
        totals.unanswered++;
      }
      totals.slowestAnswer = Math.max(totals.slowestAnswer, performance.now() - begun);
    },
    sum: async () => {
      const found = [...(await get('/metrics')).matchAll(metric)];
      const failed = found.flatMap(([, name, collector, value]) =>
        name === 'collector_failures' && collector !== undefined && Number(value) > 0 ? [[collector, Number(value)] as const] : [],
      );
      const of = (told: boolean) => Object.fromEntries(failed.filter(([name]) => faultNames.includes(name) === told));
      const threads = Number(found.find(([, name]) => name === 'threads_started')?.[3]);
      return { ...totals, failures: of(true), others: of(false), threads };
    },
  };
}

/** Least squares, an hour. */
function slope(points: readonly (readonly [second: number, value: number])[]): number {
  const mean = (place: 0 | 1) => points.reduce((sum, point) => sum + point[place], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, [second, value]) => sum + (second - x) * (value - y), 0);
  return (over / points.reduce((sum, [second]) => sum + (second - x) ** 2, 0)) * 3600;
}

function report(options: SoakOptions, result: SoakResult): string {
  const { memory, failures, others } = result;
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  const line = (key: 'resident' | 'heap') => {
    const values = memory.map((sample) => sample[key]);
    const tenths = values.filter((_, i) => i % Math.ceil(values.length / 10) === 0);
    return `${tenths.map((value) => value.toFixed(1)).join(' ')}; at most ${Math.max(...values).toFixed(1)}`;
  };
  return [
    `${options.seconds} s, ${options.instances} instances, ${options.clients} slow clients, seed ${options.seed}, load ${(loadavg()[0] ?? 0).toFixed(1)}`,
    `asked ${result.asked} times, unanswered ${result.unanswered}, slowest answer ${result.slowestAnswer.toFixed(0)} ms`,
    `oldest report of ${well.join(', ')}: ${result.oldest.toFixed(1)} s`,
    `failures as told: ${list(failures)}; of others: ${list(others)}; threads ${result.threads}`,
    `the disk was ${result.diskWasFull ? 'full for a third of the time' : 'not filled: mounting is not allowed'}`,
    `resident, MiB: ${line('resident')}; ${result.residentSlope.toFixed(1)} an hour`,
    `heap after collection, MiB: ${line('heap')}; ${result.heapSlope.toFixed(2)} an hour`,
  ].join('\n');
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '600' },
      instances: { type: 'string', default: '50' },
      clients: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [seconds = 0, instances = 0, clients = 0, seed = 0] = [values.seconds, values.instances, values.clients, values.seed].map(Number);
  const options = { seconds, instances, clients, seed };
  const result = await soak(options);
  console.log(report(options, result));
  if (result.unanswered > 0 || result.oldest > 30) process.exitCode = 1;
}
