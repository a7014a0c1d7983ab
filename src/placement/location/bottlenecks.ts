import { mirroringOf } from '../../model/disk-templates/catalogue.ts';
import { type ClusterData, noNode } from '../cluster/cluster-data.ts';
import { createLayout } from './layout.ts';
import { createRoutes } from './routes.ts';
import type { Topology } from './topology.ts';

/** What replication does to a link. Mbit/s. */
export interface LinkUse {
  /** As in the file. */
  readonly between: readonly [string, string];
  /** Undefined: not limited. */
  readonly bandwidth: number | undefined;
  /** Of other traffic. */
  readonly otherLoad: number;
  /** Of mirrored disks. */
  readonly mirrorLoad: number;
  /** Part of the bandwidth in use, 1 for all; 0 where it is not limited. */
  readonly use: number;
  /** Names of the instances whose mirrors cross it, the busiest first. */
  readonly instances: readonly string[];
  /** Of them, those whose write rate nobody measured: they count as 0. */
  readonly unmeasured: number;
}

const megabitsPerMebibyte = 8.388608;

/** The links of a topology by how busy replication makes them, the busiest first. @throws as `compileRules` */
export function bottlenecks(cluster: ClusterData, topology: Topology): LinkUse[] {
  const routes = createRoutes(cluster, topology, createLayout(cluster, topology));
  const crossing: number[][] = topology.links.map(() => []);
  cluster.instances.forEach(({ primary, secondary, diskTemplate }, i) => {
    if (primary === noNode || secondary === noNode || mirroringOf(diskTemplate) !== 'internal') return;
    const pair = (routes.classOf[primary] as number) * routes.classCount + (routes.classOf[secondary] as number);
    for (const link of routes.links.subarray(routes.start[pair], routes.start[pair + 1])) crossing[link]?.push(i);
  });
  const rate = (i: number) => cluster.instances[i]?.writeRate ?? 0;
  return topology.links
    .map(({ between, bandwidth, load = 0 }, link): LinkUse => {
      const over = (crossing[link] ?? []).toSorted((a, b) => rate(b) - rate(a) || a - b);
      const mirrorLoad = over.reduce((sum, i) => sum + rate(i) * megabitsPerMebibyte, 0);
      return {
        between,
        bandwidth,
        otherLoad: load,
        mirrorLoad,
        use: bandwidth === undefined ? 0 : (load + mirrorLoad) / bandwidth,
        instances: over.map((i) => cluster.instances[i]?.name ?? ''),
        unmeasured: over.filter((i) => cluster.instances[i]?.writeRate === undefined).length,
      };
    })
    .sort((a, b) => b.use - a.use || b.mirrorLoad - a.mirrorLoad);
}
