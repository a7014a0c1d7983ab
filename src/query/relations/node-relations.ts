import type { Instance, Node, NodeGroup } from '../../model/index.ts';
import { toMany, toOne } from './relation.ts';

export const nodeRelations = {
  group: toOne<Node, NodeGroup>('group', 'Its node group', (node, config) => config.groups.get(node.group)),
  primary_instances: toMany<Node, Instance>(
    'instance',
    'Instances it is the primary node of',
    (node, config) => config.instancesOf(node.uuid).primary,
  ),
  secondary_instances: toMany<Node, Instance>(
    'instance',
    'Instances it is a secondary node of',
    (node, config) => config.instancesOf(node.uuid).secondary,
  ),
};
