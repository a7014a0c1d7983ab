import { Type } from 'typebox';
import { NewName } from '../../objects/common.ts';
import { DiskparamsPartial } from '../../params/diskparams.ts';
import { IpolicyPartial } from '../../params/ipolicy.ts';
import { NdparamsPartial } from '../../params/ndparams.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { allocPolicy } from './alloc-policy.ts';
import { groupFlags } from './group-flags.ts';

export const groupAdd = defineOpcode({
  id: 'OP_GROUP_ADD',
  summary: 'Create a node group',
  subject: 'group_name',
  params: {
    group_name: NewName,
    alloc_policy: Type.Optional(allocPolicy),
    ndparams: Type.Optional(NdparamsPartial),
    ipolicy: Type.Optional(IpolicyPartial),
    diskparams: Type.Optional(DiskparamsPartial),
  },
  result: Type.Null(),
  touches: (params) => [{ kind: 'group', name: params.group_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'group:add',
  cli: { command: ['group', 'add'], args: [{ param: 'group_name', help: 'name of the new group' }], flags: groupFlags },
  rest: [{ method: 'POST', path: '/2/groups', body: true, query: dryRunQuery, aliases: { name: 'group_name' } }],
  ganeti: { defaults: { alloc_policy: null, ndparams: null, diskparams: null, ipolicy: null, hv_state: null, disk_state: null } },
});
