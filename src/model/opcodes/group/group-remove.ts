import { Type } from 'typebox';
import { Name } from '../../objects/common.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { groupArgument } from './group-name.ts';

export const groupRemove = defineOpcode({
  id: 'OP_GROUP_REMOVE',
  summary: 'Remove an empty node group',
  subject: 'group_name',
  params: { group_name: Name },
  result: Type.Null(),
  touches: (params) => [{ kind: 'group', name: params.group_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'group:remove',
  cli: { command: ['group', 'remove'], args: [groupArgument] },
  rest: [{ method: 'DELETE', path: '/2/groups/{group_name}', body: false, query: dryRunQuery }],
});
