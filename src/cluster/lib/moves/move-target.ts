import { GantryError } from '../../../base/index.ts';
import { fillBeparams, fillIpolicy, type Instance, type Node } from '../../../model/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';
import type { Placer } from '../../placement/placer.ts';
import { requireIallocator } from '../../placement/require-iallocator.ts';
import { findNode } from '../find-object.ts';
import { checkIpolicy } from '../instances/check-ipolicy.ts';
import { requireNetworks } from '../networking/require-networks.ts';
import { requireUsable } from '../nodes/require-node.ts';
import { requireMovable } from './require-movable.ts';

interface MoveWish {
  readonly target_node?: string | null;
  readonly ignore_ipolicy?: boolean;
  readonly iallocator?: string | null;
}

/**
 * The node an instance moves to: the asked one, or the best of its node group.
 * @param mode.migrates it is to keep running
 * @throws INSTANCE_NOT_MOVABLE, INSTANCE_ALREADY_THERE, NODE_OFFLINE, NODE_DRAINED, NETWORK_NOT_CONNECTED, ADDRESS_OF_NETWORK,
 *   IPOLICY_VIOLATED, PLACEMENT_IMPOSSIBLE, IALLOCATOR_UNKNOWN
 */
export async function moveTarget(
  config: ConfigSnapshot,
  placer: Placer,
  instance: Instance,
  params: MoveWish,
  mode: { readonly migrates: boolean },
): Promise<Node> {
  const target = requestedTarget(config, instance, params);
  if (!target) return placer.target(config, instance, mode);
  if (!params.ignore_ipolicy) await placer.requireMemory(config, instance, target);
  return target;
}

/**
 * The node that is asked for, if one is; whether it can be, as far as the configuration tells.
 * @throws as `moveTarget`, but for PLACEMENT_IMPOSSIBLE
 */
export function requestedTarget(config: ConfigSnapshot, instance: Instance, params: MoveWish): Node | undefined {
  const source = findNode(config, instance.primary_node);
  requireMovable(instance, source);
  requireIallocator(params.iallocator);
  if (!params.target_node) return undefined;
  const target = findNode(config, params.target_node);
  if (target.uuid === source.uuid) throw new GantryError('INSTANCE_ALREADY_THERE', { name: instance.name, node: target.name });
  requireUsable(target);
  requireNetworks(config, instance, source.group, target.group);
  const group = config.groups.get(target.group);
  if (!group || params.ignore_ipolicy) return target;
  const beparams = fillBeparams(config.cluster, instance);
  const subject = {
    name: instance.name,
    memory: beparams.maxmem,
    vcpus: beparams.vcpus,
    spindleUse: beparams.spindle_use,
    diskSizes: instance.disks.map((disk) => disk.size),
    nics: instance.nics.length,
    diskTemplate: instance.disk_template,
  };
  checkIpolicy(fillIpolicy(config.cluster, group), subject, group.name);
  return target;
}
