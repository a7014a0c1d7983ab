import type { ClusterData } from '../cluster/cluster-data.ts';
import type { Layout } from './layout.ts';
import type { Routes } from './routes.ts';
import type { Topology } from './topology.ts';

/** What is needed to try a set of rules. */
export interface ConflictContext {
  readonly cluster: ClusterData;
  readonly topology: Topology;
  readonly layout: Layout;
  readonly routes: Routes;
}
