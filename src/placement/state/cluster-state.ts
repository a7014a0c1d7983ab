import type { PreparedCluster } from '../cluster/prepare-cluster.ts';
import type { InstanceColumns } from './instance-columns.ts';
import type { NodeColumns } from './node-columns.ts';
import type { TagTables } from './tag-tables.ts';

/**
 * A cluster as the engine works on it: one array per quantity, indexed by the position of the node or instance. It
 * is changed in place by `addPrimary`, `removePrimary`, `addSecondary` and `removeSecondary`, which are exact inverses
 * of each other but for rounding of loads; everything else is derived from these columns. Memory and disk are MiB.
 *
 * With U(n) = room(n) - instanceMemory(n), the memory nobody has, and R(n) = max over p of peers(n, p), the most that the
 * failure of one other node would bring, a node has failed N+1 when U(n) <= R(n).
 */
export interface ClusterState {
  readonly data: PreparedCluster;
  /** The nodes that the score is about: those of one group, or all. */
  readonly scope: Int32Array;
  readonly nodeCount: number;
  readonly instanceCount: number;
  readonly nodes: NodeColumns;
  readonly instances: InstanceColumns;
  readonly tags: TagTables;
  /** Memory that node n must have free for the failure of node p: `peers[n * nodeCount + p]`. */
  readonly peers: Int32Array;
}
