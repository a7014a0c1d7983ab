import type { Instance, Network, Node, NodeGroup } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { nodeRelations } from './node-relations.ts';
import { toMany, toOne } from './relation.ts';

/** What is found of each of these; most instances have no secondary node, and that must cost nothing. */
function found<From, To>(all: readonly From[], find: (one: From) => To | undefined): readonly To[] {
  if (all.length === 0) return none;
  return all.flatMap((one) => find(one) ?? []);
}
const none: readonly never[] = [];

const groupOf = (node: Node | undefined, config: ConfigSnapshot) => node && nodeRelations.group.of(node, config);

const primaryNode = toOne<Instance, Node>('node', 'Its primary node', (instance, config) => config.nodes.get(instance.primary_node));
const secondaryNodes = toMany<Instance, Node>('node', 'Its secondary nodes, in their order', (instance, config) =>
  found(instance.secondary_nodes, (uuid) => config.nodes.get(uuid)),
);

export const instanceRelations = {
  primary_node: primaryNode,
  secondary_nodes: secondaryNodes,
  group: toOne<Instance, NodeGroup>('group', 'Group of its primary node', (instance, config) =>
    groupOf(primaryNode.of(instance, config), config),
  ),
  secondary_groups: toMany<Instance, NodeGroup>('group', 'Groups of its secondary nodes, one for each of them', (instance, config) =>
    found(secondaryNodes.of(instance, config), (node) => groupOf(node, config)),
  ),
  networks: toMany<Instance, Network>('network', 'Networks of its NICs, each once', (instance, config) =>
    found([...new Set(instance.nics.map(({ network }) => network))], (uuid) => config.networks.get(uuid ?? '')),
  ),
};
