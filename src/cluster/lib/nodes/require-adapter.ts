import { GantryError } from '../../../base/index.ts';
import type { Instance } from '../../../model/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';
import type { LiveState } from '../../live-state.ts';

/**
 * A node whose agent has nothing for the hypervisor of an instance can neither stop it nor say whether it runs: that is
 * told before anything begins. A node that has not reported lately is left to the call itself.
 * @throws HYPERVISOR_UNSUPPORTED
 */
export function requireAdapter(
  config: ConfigSnapshot,
  live: Pick<LiveState, 'node'>,
  { primary_node, hypervisor }: Pick<Instance, 'primary_node' | 'hypervisor'>,
): void {
  const report = live.node(primary_node);
  if (!report || report.stale || report.info.hypervisors[hypervisor]) return;
  const has = Object.keys(report.info.hypervisors).join(', ') || 'none';
  const problem = `node ${config.nodes.get(primary_node)?.name ?? primary_node} has no adapter for it, only for ${has}`;
  throw new GantryError('HYPERVISOR_UNSUPPORTED', { hypervisor, problem });
}
