import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../src/base/index.ts';
import { processFlags } from '../../src/monitor/index.ts';
import { writeNode } from './write-node.ts';

/**
 * The monitoring agent on a node with many instances, while one of its collectors hangs: what it costs when nobody asks,
 * and how soon it answers when many do. QMP is not part of it: there is no QEMU behind these files.
 *
 *     node bench/monitor/monitor.ts [--small] [--instances N] [--seconds N] [--seed N] [--dir DIRECTORY]
 */
export interface MonitorBenchmark {
  readonly instances: number;
  /** Per cent of one core, and mebibytes, while nobody asks. */
  readonly cpuPercent: number;
  readonly residentMib: number;
  readonly requests: readonly RequestTimes[];
  /** Of the names of all collectors and instances; the same on every host. */
  readonly hash: string;
}

/** Milliseconds from asking to the last byte. */
export interface RequestTimes {
  readonly path: string;
  readonly bytes: number;
  readonly perSecond: number;
  readonly median: number;
  readonly p99: number;
}

export interface MonitorBenchmarkOptions {
  readonly instances: number;
  /** How long it is watched, and then asked for each path. */
  readonly seconds: number;
  readonly perSecond: number;
  readonly seed: number;
  readonly directory: string;
}

const agentFile = join(import.meta.dirname, 'agent.ts');

export async function benchMonitor({ instances, seconds, perSecond, seed, directory }: MonitorBenchmarkOptions): Promise<MonitorBenchmark> {
  const root = mkdtempSync(join(directory, 'gantry-bench-monitor-'));
  const env = { ...process.env, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(root, 'compiled') };
  let child: ChildProcess | undefined;
  try {
    writeNode(root, instances, seededRandom(seed));
    const options = { env, execArgv: [...processFlags] };
    await once(fork(agentFile, [], options), 'exit');
    child = fork(agentFile, [root], options);
    const [port] = (await once(child, 'message')) as [number];
    await untilCollected(port, instances);
    const before = cpuSeconds(child);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const cpuPercent = ((cpuSeconds(child) - before) / seconds) * 100;
    const residentMib = resident(child);
    const requests: RequestTimes[] = [];
    for (const path of ['/1/report/all', '/metrics']) requests.push(await ask(port, path, seconds, perSecond));
    return { instances, cpuPercent, residentMib, requests, hash: await hashOfNames(port) };
  } finally {
    child?.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  }
}

/** Clock ticks a second that the kernel shows. */
const ticks = 100;

function cpuSeconds({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

const resident = ({ pid }: ChildProcess): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

interface Usage {
  readonly data: readonly { readonly name: string }[] | { readonly error: string };
}

const json = async <T>(port: number, path: string): Promise<T> => (await fetch(`http://127.0.0.1:${port}${path}`)).json() as Promise<T>;

/** Until every collector had its turn, and the instances are there. */
async function untilCollected(port: number, instances: number): Promise<void> {
  for (;;) {
    const { data } = await json<Usage>(port, '/1/report/instance/inst-usage');
    if (Array.isArray(data) && data.length === instances) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function hashOfNames(port: number): Promise<string> {
  const { data } = await json<Usage>(port, '/1/report/instance/inst-usage');
  const names = [await json(port, '/1/list/collectors'), Array.isArray(data) ? data.map(({ name }) => name) : []];
  return createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 16);
}

/** Asks at a steady pace, whether or not the answers to earlier requests are there. */
async function ask(port: number, path: string, seconds: number, perSecond: number): Promise<RequestTimes> {
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  let bytes = 0;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const begun = performance.now();
      const request = get({ port, path, agent }, (response) => {
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
        });
        response.on('end', () => {
          times.push(performance.now() - begun);
          bytes = length;
          resolve();
        });
      });
      request.on('error', reject);
    });
  const under: Promise<void>[] = [];
  const start = performance.now();
  for (let i = 0; i < seconds * perSecond; i++) {
    const wait = start + (i * 1000) / perSecond - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    under.push(one());
  }
  await Promise.all(under);
  const took = (performance.now() - start) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor((times.length - 1) * part)] ?? 0;
  return { path, bytes, perSecond: times.length / took, median: at(0.5), p99: at(0.99) };
}

export const smallNode = { instances: 5, seconds: 0.5, perSecond: 100 } as const;
const largeNode = { instances: 200, seconds: 20, perSecond: 500 } as const;

function report({ instances, cpuPercent, residentMib, requests, hash }: MonitorBenchmark): string {
  return [
    `${instances} instances, one collector hangs: hash ${hash}`,
    `  nobody asks: ${cpuPercent.toFixed(2)} % of a core, ${residentMib.toFixed(1)} MiB resident`,
    ...requests.map(
      ({ path, bytes, perSecond, median, p99 }) =>
        `  ${path}: ${(bytes / 1000).toFixed(0)} kB, ${perSecond.toFixed(0)} a second, median ${median.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
    ),
  ].join('\n');
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      small: { type: 'boolean' },
      instances: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      dir: { type: 'string' },
    },
  });
  const size = values.small ? smallNode : largeNode;
  const instances = Number(values.instances ?? size.instances);
  const seconds = Number(values.seconds ?? size.seconds);
  console.log(
    report(await benchMonitor({ ...size, instances, seconds, seed: Number(values.seed ?? 1), directory: values.dir ?? tmpdir() })),
  );
}
