import type { Instance, Touch } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';

/**
 * Holds off placements: between its plan and its reservation a creation or a move counts on nodes, groups and networks
 * that it has chosen by itself, and so has no locks on. Whoever takes such a thing away waits until that is over.
 */
export const noPlacement: Touch = { kind: 'allocation', name: 'allocation', mode: 'shared' };

/** The nodes of an instance, which must stay nodes while it is moved. None when there is no such instance: the plan says so. */
export function nodesOf(config: ConfigSnapshot, instanceName: string): Touch[] {
  const instance: Instance | undefined = config.instances.find(instanceName);
  if (!instance) return [];
  return [instance.primary_node, ...instance.secondary_nodes].map((name) => ({ kind: 'node', name, mode: 'shared' }));
}
