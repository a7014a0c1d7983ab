import type { Instance } from '../../../model/index.ts';
import { type Field, fieldsOf } from '../../fields/field.ts';
import { names } from '../../fields/value-types.ts';
import { instanceRelations } from '../../relations/instance-relations.ts';

const { computed } = fieldsOf<Instance>();
const { primary_node: primary, secondary_nodes: secondaries, group, secondary_groups: secondaryGroups } = instanceRelations;

/** Where an instance is. */
export const placeFields: readonly Field<Instance>[] = [
  computed('pnode', 'Primary_node', 'text', 'Primary node', (i, { config }) => primary.of(i, config)?.name, 'hostname'),
  computed('pnode.group', 'PrimaryNodeGroup', 'text', 'Group of the primary node', (i, { config }) => group.of(i, config)?.name),
  computed('pnode.group.uuid', 'PrimaryNodeGroupUUID', 'text', 'UUID of that group', (i, { config }) => group.of(i, config)?.uuid),
  computed('snodes', 'Secondary_Nodes', names, 'Secondary nodes', (i, { config }) => secondaries.of(i, config).map((node) => node.name)),
  computed('snodes.group', 'SecondaryNodesGroups', names, 'Groups of the secondary nodes', (i, { config }) =>
    secondaryGroups.of(i, config).map((one) => one.name),
  ),
  computed('snodes.group.uuid', 'SecondaryNodesGroupsUUID', names, 'UUIDs of those groups', (i, { config }) =>
    secondaryGroups.of(i, config).map((one) => one.uuid),
  ),
];
