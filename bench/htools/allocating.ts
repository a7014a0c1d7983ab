import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { parseText } from '../../src/htools/index.ts';
import type { DiskTemplate } from '../../src/model/disk-templates/catalogue.ts';
import { allocate, createAllocator, createState, type InstanceData, prepareCluster, settle, stage } from '../../src/placement/index.ts';
import { generateCluster } from './generate-cluster.ts';

/**
 * Allocation: milliseconds until it is known where a new instance goes, in a cluster whose state is loaded, and each is
 * placed before the next. Without the check of global N+1 (hail --no-capacity-checks), which generated clusters do not pass.
 *
 *     node bench/htools/allocating.ts [--small]
 */
export interface AllocatingResult {
  readonly nodes: number;
  readonly instances: number;
  readonly template: DiskTemplate;
  readonly allocations: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
  readonly perSecond: number;
  readonly hash: string;
}

/** @param text the cluster in the text format */
export function benchAllocating(text: string, template: DiskTemplate, allocations: number): AllocatingResult {
  const data = parseText(text, 'generated');
  const allocator = createAllocator(createState(prepareCluster(data), { spareInstances: allocations }), { capacityChecks: false });
  const [like] = data.instances;
  if (!like) throw new Error('the cluster is empty');
  const times: number[] = [];
  const hash = createHash('sha256');
  for (let k = 0; k < allocations; k++) {
    const instance: InstanceData = {
      ...like,
      name: `new-${k}`,
      memory: 1024,
      disk: 4096,
      disks: [{ size: 4096 }],
      diskTemplate: template,
      primary: -1,
      secondary: -1,
    };
    const start = performance.now();
    const wanted = stage(allocator, instance);
    const { place } = allocate(allocator, wanted, { requiredNodes: template === 'drbd' ? 2 : 1, silent: true });
    if (!place) throw new Error(`no place for instance ${k}`);
    settle(allocator, wanted, place);
    times.push(performance.now() - start);
    hash.update(`${place.primary} ${place.secondary}\n`);
  }
  const total = times.reduce((sum, ms) => sum + ms, 0);
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(part * times.length))] as number;
  return {
    nodes: data.nodes.length,
    instances: data.instances.length,
    template,
    allocations,
    median: at(0.5),
    p99: at(0.99),
    perSecond: (1000 * allocations) / total,
    hash: hash.digest('hex').slice(0, 16),
  };
}

function main(): void {
  const { values } = parseArgs({ options: { small: { type: 'boolean' } } });
  const sizes = values.small ? [[20, 100, 2] as const] : [[1000, 20_000, 10] as const, [5000, 100_000, 50] as const];
  process.stdout.write('| nodes | instances | new ones | median, ms | p99, ms | a second | hash |\n|---|---|---|---|---|---|---|\n');
  for (const [size, count, groups] of sizes) {
    for (const chosen of ['ext', 'drbd'] as const) {
      // Mirrored instances take spindles on two nodes each: fewer of them are within the usual policy.
      const text = generateCluster(size, chosen === 'drbd' ? count * 0.6 : count, groups, 3, 1, chosen);
      const { nodes, instances, template, allocations, median, p99, perSecond, hash } = benchAllocating(
        text,
        chosen,
        values.small ? 20 : 1000,
      );
      const cells = [
        nodes,
        instances,
        `${allocations} ${template}`,
        median.toFixed(2),
        p99.toFixed(2),
        perSecond.toFixed(0),
        `\`${hash}\``,
      ];
      process.stdout.write(`| ${cells.join(' | ')} |\n`);
    }
  }
}

if (import.meta.main) main();
