import type { Instance, Network, Node, NodeGroup } from '../../model/index.ts';
import { nodeRelations } from './node-relations.ts';
import { toMany } from './relation.ts';
import { snapshotIndex } from './snapshot-index.ts';

const nodesByGroup = snapshotIndex<Node>(
  (config) => config.nodes,
  (node) => [node.group],
);
const networksByGroup = snapshotIndex<Network>(
  (config) => config.networks,
  (network) => Object.keys(network.groups),
);

const nodes = toMany<NodeGroup, Node>('node', 'Its nodes', (group, config) => nodesByGroup(group.uuid, config));

export const groupRelations = {
  nodes,
  instances: toMany<NodeGroup, Instance>('instance', 'Instances whose primary node is in it', (group, config) =>
    nodes.of(group, config).flatMap((node) => nodeRelations.primary_instances.of(node, config)),
  ),
  networks: toMany<NodeGroup, Network>('network', 'Networks it is connected to', (group, config) => networksByGroup(group.uuid, config)),
};
