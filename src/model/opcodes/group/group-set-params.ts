import { Type } from 'typebox';
import { Name } from '../../objects/common.ts';
import { DiskparamsChange } from '../../params/diskparams.ts';
import { IpolicyChange } from '../../params/ipolicy.ts';
import { NdparamsChange } from '../../params/ndparams.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { allocPolicy } from './alloc-policy.ts';
import { groupFlags } from './group-flags.ts';
import { groupArgument } from './group-name.ts';

/** A client that read a group may send back what it read under these names. */
const customNames = { custom_ndparams: 'ndparams', custom_ipolicy: 'ipolicy', custom_diskparams: 'diskparams' } as const;

export const groupSetParams = defineOpcode({
  id: 'OP_GROUP_SET_PARAMS',
  summary: 'Change the parameters of a node group',
  subject: 'group_name',
  params: {
    group_name: Name,
    alloc_policy: Type.Optional(allocPolicy),
    ndparams: Type.Optional(NdparamsChange),
    ipolicy: Type.Optional(IpolicyChange),
    diskparams: Type.Optional(DiskparamsChange),
  },
  result: Type.Array(Type.Tuple([Type.String(), Type.Unknown()])),
  touches: (params) => [{ kind: 'group', name: params.group_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'group:modify',
  cli: { command: ['group', 'modify'], args: [groupArgument], flags: groupFlags },
  rest: [{ method: 'PUT', path: '/2/groups/{group_name}/modify', body: true, query: dryRunQuery, aliases: customNames }],
});
