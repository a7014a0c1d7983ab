import { defineOperation } from '../../jobs/index.ts';
import { type NodeGroup, opcodes, withGiven } from '../../model/index.ts';
import { findGroup } from '../lib/find-object.ts';
import { requireIpolicy } from '../lib/instances/require-ipolicy.ts';
import { withGivenEach } from '../lib/with-given-each.ts';

interface SetParamsPlan {
  readonly uuid: string;
  readonly changes: Partial<NodeGroup>;
}

export const groupSetParams = () =>
  defineOperation(opcodes.groupSetParams, {
    async plan({ config }, params): Promise<SetParamsPlan> {
      const group = findGroup(config, params.group_name);
      const ipolicy = params.ipolicy && withGiven(group.ipolicy, params.ipolicy);
      if (ipolicy && params.ipolicy?.minmax) requireIpolicy(ipolicy, 'OP_GROUP_SET_PARAMS');
      const changes: Partial<NodeGroup> = {
        ...(params.alloc_policy && { alloc_policy: params.alloc_policy as NodeGroup['alloc_policy'] }),
        ...(ipolicy && { ipolicy }),
        ...(params.ndparams && { ndparams: withGiven(group.ndparams, params.ndparams) }),
        ...(params.diskparams && { diskparams: withGivenEach(group.diskparams, params.diskparams) }),
      };
      return { uuid: group.uuid, changes };
    },
    steps: ({ uuid, changes }) => [
      { id: 'change-group', title: 'change the group', commit: (draft) => draft.update('group', uuid, (old) => ({ ...old, ...changes })) },
    ],
    result: ({ changes }) => Object.entries(changes).map(([key, value]) => [key, value] as [string, unknown]),
  });
