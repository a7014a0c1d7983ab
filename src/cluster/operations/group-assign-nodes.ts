import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { opcodes, placesOf } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { findGroup, findNode } from '../lib/find-object.ts';
import { requireNetworks } from '../lib/networking/require-networks.ts';
import { noPlacement } from '../lib/no-placement.ts';

interface AssignPlan {
  readonly group: string;
  readonly nodes: readonly string[];
}

export const groupAssignNodes = () =>
  defineOperation(opcodes.groupAssignNodes, {
    locks: (params) => [...opcodes.groupAssignNodes.touches(params), noPlacement],
    async plan({ config }, params): Promise<AssignPlan> {
      const group = findGroup(config, params.group_name);
      const nodes = params.nodes.map((name) => findNode(config, name).uuid);
      if (!params.force) requireNoSplit(config, group.uuid, nodes);
      requireConnected(config, group.uuid, nodes);
      return { group: group.uuid, nodes };
    },
    steps: ({ group, nodes }) => [
      {
        id: 'move-nodes',
        title: 'move the nodes',
        commit(draft) {
          draft.need('group', group);
          for (const uuid of nodes) draft.update('node', uuid, (old) => ({ ...old, group }));
        },
      },
    ],
    result: () => null,
  });

/** Instances go with their nodes, and their NICs must have their networks there. @throws NETWORK_NOT_CONNECTED, ADDRESS_OF_NETWORK */
function requireConnected(config: ConfigSnapshot, group: string, moved: readonly string[]): void {
  for (const uuid of moved) {
    const { primary, arriving } = config.instancesOf(uuid);
    for (const instance of [...primary, ...arriving]) requireNetworks(config, instance, config.nodes.get(uuid)?.group, group);
  }
}

/** Instances that lie in one group now and would lie in two. @throws GROUP_WOULD_SPLIT */
function requireNoSplit(config: ConfigSnapshot, group: string, moved: readonly string[]): void {
  const before = (node: string) => config.nodes.get(node)?.group;
  const after = (node: string) => (moved.includes(node) ? group : before(node));
  const split = [...config.instances.values()].filter((instance) => {
    const nodes = placesOf(instance);
    return new Set(nodes.map(before)).size === 1 && new Set(nodes.map(after)).size > 1;
  });
  if (split.length > 0) throw new GantryError('GROUP_WOULD_SPLIT', { instances: split.map((instance) => instance.name).join(', ') });
}
