import { defineOperation } from '../../jobs/index.ts';
import { opcodes } from '../../model/index.ts';
import { findGroup, requireFreeName } from '../lib/find-object.ts';

interface RenamePlan {
  readonly uuid: string;
  readonly name: string;
}

export const groupRename = () =>
  defineOperation(opcodes.groupRename, {
    async plan({ config }, params): Promise<RenamePlan> {
      const group = findGroup(config, params.group_name);
      if (params.new_name.toLowerCase() !== group.name.toLowerCase()) requireFreeName(config, 'group', params.new_name);
      return { uuid: group.uuid, name: params.new_name };
    },
    steps: ({ uuid, name }) => [
      { id: 'rename-group', title: 'rename the group', commit: (draft) => draft.update('group', uuid, (old) => ({ ...old, name })) },
    ],
    result: ({ name }) => name,
  });
