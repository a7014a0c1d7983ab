import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseText } from '../../src/htools/index.ts';
import { balance, clusterScore, createState, optimalScore, prepareCluster } from '../../src/placement/index.ts';
import { generateCluster } from './generate-cluster.ts';

/**
 * Balancing: processor seconds of the engine for generated clusters, the score it reaches and the moves it takes, beside
 * Ganeti's hbal where that ends in reasonable time. Each case runs in a process of its own, as a command would.
 *
 *     node bench/htools/balancing.ts [--small] [--peer-seconds N]
 */
export interface BalancingCase {
  readonly nodes: number;
  readonly instances: number;
  readonly groups: number;
  readonly seed: number;
  readonly skew: number;
  /** Ganeti 3.0.2 on a host of this kind, when it takes too long to run it beside: its result and processor seconds. */
  readonly peer?: PeerResult;
}

interface PeerResult {
  readonly seconds: number;
  readonly score: string;
  readonly moves: number;
}

export interface BalancingResult {
  /** Of loading, of the engine, and of the engine when it has balanced the same cluster before in this process. */
  readonly loadSeconds: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  /** Of each group, eight digits. */
  readonly scores: readonly string[];
  readonly moves: number;
  /** MiB: resident memory of the process after loading, and what the state adds to it. */
  readonly resident: number;
  readonly stateMiB: number;
  readonly hash: string;
}

const cases: readonly BalancingCase[] = [
  { nodes: 10, instances: 100, groups: 1, seed: 1, skew: 2 },
  { nodes: 20, instances: 200, groups: 1, seed: 1, skew: 2 },
  { nodes: 40, instances: 600, groups: 1, seed: 1, skew: 2, peer: { seconds: 1091, score: '0.59996819', moves: 294 } },
  { nodes: 200, instances: 4000, groups: 4, seed: 5, skew: 2 },
  { nodes: 1000, instances: 20_000, groups: 10, seed: 3, skew: 2 },
];

const smallCases: readonly BalancingCase[] = cases.slice(0, 1);

/** Balances every group of the cluster, in this process. */
export function benchBalancing(text: string): BalancingResult {
  const start = cpuSeconds();
  const data = prepareCluster(parseText(text, 'generated'));
  const loadSeconds = cpuSeconds() - start;
  const resident = process.memoryUsage().rss;
  const buffers = process.memoryUsage().arrayBuffers;
  const state = createState(data);
  const stateMiB = (process.memoryUsage().arrayBuffers - buffers + heapOf(state.nodeCount)) / 1048576;
  const cold = balanceAll(data);
  const warm = cold.seconds < 2 ? balanceAll(data) : cold;
  return { ...cold, loadSeconds, warmSeconds: warm.seconds, resident: resident / 1048576, stateMiB };
}

/** The state is made of typed arrays alone but for a few objects. */
const heapOf = (nodeCount: number): number => 100 * nodeCount;

function balanceAll(data: ReturnType<typeof prepareCluster>) {
  const hash = createHash('sha256');
  const scores: string[] = [];
  let moves = 0;
  let seconds = 0;
  for (const group of data.groups.keys()) {
    const state = createState(data, { group });
    const start = cpuSeconds();
    const enough = optimalScore(state) + 1e-9;
    if (clusterScore(state) >= enough) {
      for (const { instance, primary, secondary, score } of balance(state)) {
        hash.update(`${instance} ${primary} ${secondary}\n`);
        moves++;
        if (score <= enough) break;
      }
    }
    seconds += cpuSeconds() - start;
    scores.push(clusterScore(state).toFixed(8));
  }
  return { seconds, scores, moves, hash: hash.digest('hex').slice(0, 16) };
}

/** Processor seconds of this process, all threads: compiling while it runs counts too. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Ganeti's hbal on the same file; undefined when it does not end in time or is not there. */
function runPeer(file: string, seconds: number): PeerResult | undefined {
  const script = 'TIMEFORMAT="%U %S"; time timeout "$1" /usr/bin/hbal -t "$2"';
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', String(seconds), file], { encoding: 'utf8' });
  const score = /improved from \S+ to (\S+)/.exec(stdout)?.[1];
  const moves = /Solution length=(\d+)/.exec(stdout)?.[1];
  const times = /([\d.]+) ([\d.]+)\s*$/.exec(stderr);
  if (!score || !moves || !times) return undefined;
  return { seconds: Number(times[1]) + Number(times[2]), score, moves: Number(moves) };
}

function main(): void {
  const { values } = parseArgs({
    options: { small: { type: 'boolean' }, 'peer-seconds': { type: 'string', default: '120' } },
  });
  const dir = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
  try {
    process.stdout.write(
      '| nodes | instances | groups | seed | Ganeti, s | its score, moves | Gantry, s (warm) | its score, moves | load, s | state, MiB | hash |\n',
    );
    process.stdout.write('|---|---|---|---|---|---|---|---|---|---|---|\n');
    const growth: { instances: number; seconds: number }[] = [];
    for (const each of values.small ? smallCases : cases) {
      const file = join(dir, 'cluster.data');
      writeFileSync(file, generateCluster(each.nodes, each.instances, each.groups, each.seed, each.skew));
      const peer = each.peer ?? (each.groups === 1 ? runPeer(file, Number(values['peer-seconds'])) : undefined);
      const code = `import{readFileSync}from'node:fs';import{benchBalancing}from${JSON.stringify(import.meta.filename)};console.log(JSON.stringify(benchBalancing(readFileSync(${JSON.stringify(file)},'utf8'))))`;
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', code], { encoding: 'utf8' });
      if (stdout === '') throw new Error(stderr);
      const result = JSON.parse(stdout) as BalancingResult;
      growth.push({ instances: each.instances / each.groups, seconds: result.seconds / each.groups });
      const scores = result.scores.length === 1 ? result.scores[0] : `${result.scores.length} groups, sum ${sum(result.scores).toFixed(4)}`;
      const theirs = peer ? [`${peer.seconds.toFixed(1)}${each.peer ? ' *' : ''}`, `${peer.score}, ${peer.moves}`] : ['not run', '-'];
      const ours = `${result.seconds.toFixed(3)} (${result.warmSeconds.toFixed(3)})`;
      const cells = [each.nodes, each.instances, each.groups, each.seed, ...theirs, ours, `${scores}, ${result.moves}`];
      process.stdout.write(
        `| ${[...cells, result.loadSeconds.toFixed(2), result.stateMiB.toFixed(1), `\`${result.hash}\``].join(' | ')} |\n`,
      );
    }
    process.stdout.write('\n* measured on another day on a host of this kind\n');
    if (growth.length > 1)
      process.stdout.write(`Seconds grow with the power ${exponent(growth).toFixed(2)} of instances, groups of the same size apart.\n`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Slope of the logarithms, by least squares. */
function exponent(points: readonly { instances: number; seconds: number }[]): number {
  const xs = points.map(({ instances }) => Math.log(instances));
  const ys = points.map(({ seconds }) => Math.log(seconds));
  const mean = (list: readonly number[]) => list.reduce((total, value) => total + value, 0) / list.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const products = xs.reduce((total, x, k) => total + (x - mx) * ((ys[k] as number) - my), 0);
  return products / xs.reduce((total, x) => total + (x - mx) ** 2, 0);
}

const sum = (scores: readonly string[]): number => scores.reduce((total, score) => total + Number(score), 0);

if (import.meta.main) main();
