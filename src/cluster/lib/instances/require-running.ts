import { GantryError } from '../../../base/index.ts';
import type { PlanContext } from '../../../jobs/index.ts';
import type { Instance } from '../../../model/index.ts';
import type { InstanceRuntime } from '../../../rpc/index.ts';

/** How the instance runs on its primary node right now, asked from the node itself. */
export async function runtimeOf(
  context: PlanContext,
  instance: Pick<Instance, 'uuid' | 'primary_node'>,
): Promise<InstanceRuntime | undefined> {
  const running = await context.nodes.call(instance.primary_node, 'instance-list', {}, { signal: context.signal });
  return running.find((runtime) => runtime.uuid === instance.uuid);
}

/** @throws INSTANCE_NOT_RUNNING */
export async function requireRunning(
  context: PlanContext,
  instance: Pick<Instance, 'uuid' | 'name' | 'primary_node'>,
): Promise<InstanceRuntime> {
  const runtime = await runtimeOf(context, instance);
  if (runtime && (runtime.state === 'running' || runtime.state === 'paused')) return runtime;
  const node = context.config.nodes.get(instance.primary_node)?.name ?? instance.primary_node;
  throw new GantryError('INSTANCE_NOT_RUNNING', { name: instance.name, node });
}
