import type { PlanContext } from '../../../jobs/index.ts';
import type { Instance } from '../../../model/index.ts';
import { isMethodUnknown, type RpcParams } from '../../../rpc/index.ts';
import { instanceSpec, type SpecOverrides } from './instance-spec.ts';

type Rest = [instance: Instance, disks: RpcParams<'instance-check'>['disks'], overrides?: SpecOverrides];
type Context = Pick<PlanContext, 'config' | 'nodes' | 'signal' | 'dryRun'>;

/**
 * Asks the node what a start there would refuse.
 * @param disks those that are `new` would be created first
 * @param overrides with the node, if it is not the primary one
 * @throws what `instance-check` throws, NODE_UNREACHABLE, NODE_TIMED_OUT
 */
export async function checkStart(
  { config, nodes, signal }: Omit<Context, 'dryRun'>,
  instance: Instance,
  disks: RpcParams<'instance-check'>['disks'],
  overrides: SpecOverrides = {},
): Promise<void> {
  const node = overrides.node ?? instance.primary_node;
  try {
    await nodes.call(node, 'instance-check', { instance: instanceSpec(config, instance, overrides), disks }, { signal });
  } catch (error) {
    // The agent has an earlier version: it answers, and nothing more can be checked.
    if (!isMethodUnknown(error)) throw error;
  }
}

/** As `checkStart`, in a dry run only: a real run, which begins with the start or makes its disks first, is told by its own steps. */
export async function rehearseStart(context: Context, ...rest: Rest): Promise<void> {
  if (context.dryRun) await checkStart(context, ...rest);
}

/** A dry run finds out whether a node answers at all. @throws NODE_UNREACHABLE, NODE_TIMED_OUT */
export async function rehearseCall({ nodes, signal, dryRun }: Context, node: string): Promise<void> {
  if (dryRun) await nodes.call(node, 'instance-list', {}, { signal });
}
