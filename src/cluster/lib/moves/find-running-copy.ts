import { GantryError } from '../../../base/index.ts';
import type { PlanContext } from '../../../jobs/index.ts';
import type { Instance, Node } from '../../../model/index.ts';

/**
 * Asks every node that is online where an instance runs.
 * @throws INSTANCE_NOT_RUNNING when nowhere; INSTANCE_RUNS_TWICE; what a node that cannot be asked throws, since it may
 *   run the instance
 */
export async function findRunningCopy(context: PlanContext, instance: Instance): Promise<Node> {
  const online = [...context.config.nodes.values()].filter((node) => !node.offline);
  const runs = async (node: Node): Promise<boolean> => {
    const found = await context.nodes.call(node.uuid, 'instance-list', {}, { signal: context.signal });
    return found.some((runtime) => runtime.uuid === instance.uuid && runtime.state === 'running');
  };
  const flags = await Promise.all(online.map(runs));
  const copies = online.filter((_, index) => flags[index]);
  const [only] = copies;
  if (!only) {
    const node = context.config.nodes.get(instance.primary_node)?.name ?? instance.primary_node;
    throw new GantryError('INSTANCE_NOT_RUNNING', { name: instance.name, node });
  }
  if (copies.length > 1)
    throw new GantryError('INSTANCE_RUNS_TWICE', { name: instance.name, nodes: copies.map((node) => node.name).join(', ') });
  return only;
}
