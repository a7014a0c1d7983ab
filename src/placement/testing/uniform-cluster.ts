import type { Random } from '../../base/index.ts';
import type { ClusterData } from '../cluster/cluster-data.ts';
import { type SampleInstance, type SampleNode, sampleCluster } from '../location/sample-cluster.ts';

/**
 * Nodes that are alike but for a few, and mirrored instances of one size in a regular pattern, with not much memory left: where
 * many places are equal, and the limits of memory and N+1 are met exactly.
 */
export function uniformCluster(random: Random, { groups = 1, tagged = false } = {}): ClusterData {
  const below = (most: number) => Math.floor(random() * most);
  const count = groups * 2 * (4 + below(5));
  const unit = 1024;
  const size = unit * (1 + below(4));
  const totalMemory = 1024 + unit * (5 + below(12));
  // Nodes in a ring, or two and two for each other.
  const gap = groups * (1 + below(3));
  const mirrorOf = random() < 0.5 ? (n: number) => (n + gap) % count : (n: number) => n ^ groups;
  const isPrimary = [() => true, (n: number) => n % (2 * groups) < groups, () => random() < 0.5, () => false][below(4)] as (
    n: number,
  ) => boolean;
  const instances = Array.from({ length: count }, (_, n) => n)
    .filter(isPrimary)
    .map(
      (n): SampleInstance => ({
        name: `i${n}`,
        primary: n,
        secondary: mirrorOf(n),
        memory: random() < 0.1 ? 2 * size : size,
        autoBalance: random() < 0.9,
        tags: tagged ? [`service:s${below(3)}`] : [],
      }),
    );
  const odd = [0, 0.05, 0.15][below(3)] as number;
  const isOdd = () => random() < odd;
  const nodes = Array.from({ length: count }, (_, n): SampleNode => {
    const memory = totalMemory + (isOdd() ? unit * (below(3) - 1) : 0);
    const used = instances.filter(({ primary }) => primary === n).reduce((sum, one) => sum + (one.memory ?? 0), 0);
    const totalCpu = isOdd() ? 24 : 16;
    return {
      name: `n${n}`,
      group: n % groups,
      totalMemory: memory,
      freeMemory: Math.max(0, memory - 1024 - used),
      nodeCpu: 0,
      totalCpu,
      totalSpindles: isOdd() ? 12 : 10,
      freeDisk: isOdd() ? 1_048_000 : 1_048_576,
      tags: tagged ? [`rack:r${below(4)}`] : [],
    };
  });
  return sampleCluster(nodes, instances, { tags: tagged ? ['htools:iextags:service', 'htools:nlocation:rack'] : [] });
}
