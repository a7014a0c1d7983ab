import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../src/base/index.ts';
import { parseText } from '../../src/htools/index.ts';
import { prepareCluster, squeeze } from '../../src/placement/index.ts';
import { generateCluster } from './generate-cluster.ts';

/**
 * Squeezing: processor seconds until it is known which nodes can be switched off, and the moves that empty them.
 *
 *     node bench/htools/squeezing.ts [--small]
 */
export interface SqueezingResult {
  readonly nodes: number;
  readonly instances: number;
  readonly seconds: number;
  readonly switchedOff: number;
  readonly moves: number;
  readonly hash: string;
}

/** @param text the cluster in the text format */
export function benchSqueezing(text: string): SqueezingResult {
  const data = prepareCluster(parseText(text, 'generated'));
  const start = process.cpuUsage();
  const plan = squeeze(data, { minimalResources: 2, targetResources: 2 });
  const { user, system } = process.cpuUsage(start);
  const hash = createHash('sha256').update(JSON.stringify([plan.nodes, plan.moves.map(({ instance, primary }) => [instance, primary])]));
  return {
    nodes: data.nodes.length,
    instances: data.instances.length,
    seconds: (user + system) / 1e6,
    switchedOff: plan.nodes.length,
    moves: plan.moves.length,
    hash: hash.digest('hex').slice(0, 16),
  };
}

/**
 * A cluster of equal nodes with small instances on shared storage, crowded on the first ones: of the size of the published
 * case of OpenStack Watcher (113 nodes, 15,769 instances, 12 minutes).
 */
export function smallInstances(nodes: number, instances: number, seed: number): string {
  const random = seededRandom(seed);
  const free = Array.from({ length: nodes }, () => 261_120);
  const lines: string[] = [];
  for (let j = 0; j < instances; j++) {
    const size = random();
    const memory = size < 0.45 ? 512 : size < 0.8 ? 1024 : size < 0.95 ? 2048 : 4096;
    let node = Math.floor(nodes * random());
    while ((free[node] as number) < memory + 20_000) node = Math.floor(nodes * random());
    free[node] = (free[node] as number) - memory;
    lines.push(
      `inst-${String(j).padStart(6, '0')}|${memory}|10240|${memory > 1024 ? 2 : 1}|running|Y|node-${String(node).padStart(5, '0')}||ext||1|1`,
    );
  }
  const hosts = free.map(
    (memory, n) => `node-${String(n).padStart(5, '0')}|262144|1024|${memory}|8388608|8388608|64|${n === 0 ? 'M' : 'N'}|uuid-00|1`,
  );
  const policy = '|128,1,1024,1,1,1|1024,1,10240,1,1,1;131072,64,4194304,16,8,12|drbd,plain,ext|8.0|32.0';
  return ['group-00|uuid-00|preferred||', hosts.join('\n'), lines.join('\n'), '', policy].join('\n\n');
}

function main(): void {
  const { values } = parseArgs({ options: { small: { type: 'boolean' } } });
  const texts = values.small ? [smallInstances(10, 200, 1)] : [generateCluster(40, 600, 1, 1, 2, 'ext'), smallInstances(113, 15_769, 1)];
  process.stdout.write('| nodes | instances | Gantry, s | nodes off | moves | hash |\n|---|---|---|---|---|---|\n');
  for (const text of texts) {
    const { nodes, instances, seconds, switchedOff, moves, hash } = benchSqueezing(text);
    process.stdout.write(`| ${[nodes, instances, seconds.toFixed(2), switchedOff, moves, `\`${hash}\``].join(' | ')} |\n`);
  }
}

if (import.meta.main) main();
