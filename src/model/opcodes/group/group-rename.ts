import { Type } from 'typebox';
import { Name, NewName } from '../../objects/common.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { groupArgument } from './group-name.ts';

export const groupRename = defineOpcode({
  id: 'OP_GROUP_RENAME',
  summary: 'Rename a node group',
  subject: 'group_name',
  params: { group_name: Name, new_name: NewName },
  result: Type.String(),
  touches: (params) => [{ kind: 'group', name: params.group_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'group:rename',
  cli: { command: ['group', 'rename'], args: [groupArgument, { param: 'new_name', help: 'new name' }] },
  rest: [{ method: 'PUT', path: '/2/groups/{group_name}/rename', body: true, query: dryRunQuery }],
});
