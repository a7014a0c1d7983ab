import type { DiskTemplate } from '../../../model/disk-templates/catalogue.ts';
import type { Capacity, ClusterTotals } from '../../../placement/index.ts';
import type { RequestedSpec } from '../../command/settings.ts';

/** What hspace prints, piece by piece. */
export interface Report {
  readonly cluster: (totals: ClusterTotals, nodes: number) => string;
  readonly spec: (name: 'Tiered' | 'Standard', spec: RequestedSpec, template: DiskTemplate) => string;
  readonly tiered: (before: ClusterTotals, after: ClusterTotals, capacity: Capacity) => string;
  readonly standard: (before: ClusterTotals, after: ClusterTotals, capacity: Capacity, initial: number) => string;
  /** What stands in the way of one more. */
  readonly refusals: (text: string) => string;
  readonly end: () => string;
}
