import { Type } from 'typebox';
import { Name } from '../../objects/common.ts';
import { DiskparamsChange } from '../../params/diskparams.ts';
import { IpolicyChange } from '../../params/ipolicy.ts';
import { NdparamsChange } from '../../params/ndparams.ts';
import { resetWord } from '../../params/reset.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { allocPolicy } from './alloc-policy.ts';
import { groupFlags } from './group-flags.ts';
import { groupArgument } from './group-name.ts';

/** A client that read a group may send back what it read under these names. */
const customNames = { custom_ndparams: 'ndparams', custom_ipolicy: 'ipolicy', custom_diskparams: 'diskparams' } as const;

/** A list of the policy is reset by an empty list, too, or by the word in a list. */
function withResetPolicy(op: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { ipolicy } = op;
  if (typeof ipolicy !== 'object' || ipolicy === null || Array.isArray(ipolicy)) return op;
  const isReset = (value: unknown) => Array.isArray(value) && (value.length === 0 || (value.length === 1 && value[0] === resetWord));
  return { ...op, ipolicy: Object.fromEntries(Object.entries(ipolicy).map(([name, value]) => [name, isReset(value) ? resetWord : value])) };
}

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
  ganeti: {
    defaults: { alloc_policy: null, ndparams: null, diskparams: null, ipolicy: null, hv_state: null, disk_state: null },
    opresult: ['ndparams', 'diskparams'],
    read: withResetPolicy,
  },
});
