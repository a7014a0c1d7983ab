import { GantryError } from '../../base/index.ts';
import { fillBeparams, fillIpolicy, type Node } from '../../model/index.ts';
import { chooseNode, type PlacementNode, type PlacementRequest } from '../../placement/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { LiveState } from '../live-state.ts';

export interface PlaceOptions {
  readonly subject: string;
  readonly request: PlacementRequest;
  /** Only nodes of this group (UUID). */
  readonly group?: string;
  /** Nodes that are out, by UUID, with the reason. */
  readonly excluded?: ReadonlyMap<string, string>;
}

/**
 * The node on which an instance fits best.
 * @throws PLACEMENT_IMPOSSIBLE naming why each node was refused
 */
export function placeInstance(config: ConfigSnapshot, live: LiveState, options: PlaceOptions): Node {
  const nodes = [...config.nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const choice = chooseNode(
    nodes.map((node) => candidate(config, live, node, options)),
    options.request,
  );
  const chosen = nodes[choice.index];
  if (chosen) return chosen;
  const refusals = [...choice.refusals].map(([name, reason]) => `${name}: ${reason}`).join('; ') || 'the cluster has no nodes';
  throw new GantryError('PLACEMENT_IMPOSSIBLE', { subject: options.subject, refusals });
}

/**
 * Memory is counted by what the instances of a node may use, not by what they use now: a guest that has not touched
 * its memory yet must not make room for another one.
 */
function candidate(config: ConfigSnapshot, live: LiveState, node: Node, options: PlaceOptions): PlacementNode {
  const report = live.node(node.uuid);
  const group = config.groups.get(node.group);
  const info = report?.info;
  const promised = config.instancesOf(node.uuid).primary.map((instance) => fillBeparams(config.cluster, instance));
  const memory = promised.reduce((sum, beparams) => sum + beparams.maxmem, 0);
  const vcpusUsed = promised.reduce((sum, beparams) => sum + beparams.vcpus, 0);
  return {
    name: node.name,
    memoryTotal: info?.memory_total ?? 0,
    memoryFree: (info?.memory_total ?? 0) - (info?.memory_dom0 ?? 0) - memory,
    diskTotal: info?.disk_total ?? 0,
    diskFree: info?.disk_free ?? 0,
    vcpus: info?.cpu_total ?? 0,
    vcpusUsed,
    vcpuRatio: group ? fillIpolicy(config.cluster, group)['vcpu-ratio'] : 1,
    refusal: refusal(config, node, options, report !== undefined && !report.stale),
  };
}

function refusal(config: ConfigSnapshot, node: Node, options: PlaceOptions, answers: boolean): string | null {
  if (options.group !== undefined && node.group !== options.group) return 'not in the asked node group';
  if (options.group === undefined && config.groups.get(node.group)?.alloc_policy === 'unallocable') return 'its node group is unallocable';
  if (node.offline) return 'offline';
  if (node.drained) return 'drained';
  if (!node.vm_capable) return 'not to run instances';
  const excluded = options.excluded?.get(node.uuid);
  if (excluded) return excluded;
  return answers ? null : 'its agent does not answer';
}
