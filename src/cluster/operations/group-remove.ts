import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { opcodes } from '../../model/index.ts';
import { findGroup } from '../lib/find-object.ts';

export const groupRemove = () =>
  defineOperation(opcodes.groupRemove, {
    async plan({ config }, params): Promise<{ uuid: string }> {
      const group = findGroup(config, params.group_name);
      const nodes = [...config.nodes.values()].filter((node) => node.group === group.uuid).map((node) => node.name);
      if (nodes.length > 0) throw new GantryError('GROUP_NOT_EMPTY', { name: group.name, nodes: nodes.join(', ') });
      if (config.groups.size === 1) throw new GantryError('GROUP_LAST', { name: group.name });
      return { uuid: group.uuid };
    },
    steps: ({ uuid }) => [
      {
        id: 'remove-group',
        title: 'remove the group',
        commit(draft) {
          draft.remove('group', uuid);
          for (const network of draft.snapshot.networks.values()) {
            if (network.groups[uuid]) draft.update('network', network.uuid, (old) => ({ ...old, groups: without(old.groups, uuid) }));
          }
        },
      },
    ],
    result: () => null,
  });

function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  const { [key]: _gone, ...rest } = record;
  return rest;
}
