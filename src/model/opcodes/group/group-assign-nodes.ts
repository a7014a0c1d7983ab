import { Type } from 'typebox';
import { Name, OptionalUuids } from '../../objects/common.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { uuidOfNode } from '../uuid-parameter.ts';
import { groupArgument } from './group-name.ts';

export const groupAssignNodes = defineOpcode({
  id: 'OP_GROUP_ASSIGN_NODES',
  summary: 'Move nodes into a node group',
  subject: 'group_name',
  params: { group_name: Name, nodes: Type.Array(Name, { minItems: 1 }), node_uuids: OptionalUuids, force: Type.Optional(Type.Boolean()) },
  result: Type.Null(),
  touches: (params) => [
    { kind: 'group', name: params.group_name, mode: 'exclusive' },
    ...params.nodes.map((name) => ({ kind: 'node', name, mode: 'exclusive' }) as const),
  ],
  dryRun: true,
  permission: 'group:assign-nodes',
  cli: {
    command: ['group', 'assign-nodes'],
    args: [groupArgument, { param: 'nodes', help: 'nodes to move', complete: 'node', variadic: true }],
    flags: { force: { flags: '-f, --force', help: 'even if instances then have nodes in two groups' } },
  },
  rest: [{ method: 'PUT', path: '/2/groups/{group_name}/assign-nodes', body: true, query: { ...dryRunQuery, force: 'force' } }],
  uuids: [uuidOfNode('node_uuids', 'nodes')],
  ganeti: { defaults: { force: false, node_uuids: null } },
});
