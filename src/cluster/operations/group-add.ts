import { defineOperation } from '../../jobs/index.ts';
import { type NodeGroup, opcodes } from '../../model/index.ts';
import { requireFreeName } from '../lib/find-object.ts';
import { requireIpolicy } from '../lib/instances/require-ipolicy.ts';

export const groupAdd = () =>
  defineOperation(opcodes.groupAdd, {
    async plan({ config, clock, newUuid }, params): Promise<NodeGroup> {
      requireFreeName(config, 'group', params.group_name);
      if (params.ipolicy) requireIpolicy(params.ipolicy, 'OP_GROUP_ADD');
      const now = clock.now() / 1000;
      return {
        uuid: newUuid(),
        name: params.group_name,
        ctime: now,
        mtime: now,
        serial_no: 1,
        tags: [],
        alloc_policy: (params.alloc_policy ?? 'preferred') as NodeGroup['alloc_policy'],
        ipolicy: params.ipolicy ?? {},
        ndparams: params.ndparams ?? {},
        diskparams: params.diskparams ?? {},
      };
    },
    steps: (group) => [
      {
        id: 'add-group',
        title: 'add the group',
        commit: (draft) => draft.create('group', group),
        uncommit: (draft) => draft.remove('group', group.uuid),
      },
    ],
    result: () => null,
  });
