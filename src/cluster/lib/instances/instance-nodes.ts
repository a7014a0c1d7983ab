import type { Touch } from '../../../model/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';

/** The nodes of an instance, which must stay nodes while it is moved. None when there is no such instance: the plan says so. */
export function instanceNodes(config: ConfigSnapshot, instanceName: string): Touch[] {
  const instance = config.instances.find(instanceName);
  if (!instance) return [];
  return [instance.primary_node, ...instance.secondary_nodes].map((name) => ({ kind: 'node', name, mode: 'shared' }));
}
