import { Type } from 'typebox';
import { Name, OptionalUuid } from '../../objects/common.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { uuidOfNode } from '../uuid-parameter.ts';
import { nodeArgument, nodeName, nodeUuid } from './node-name.ts';

export const nodeEvacuate = defineOpcode({
  id: 'OP_NODE_EVACUATE',
  summary: 'Submit jobs that move all instances away from a node',
  subject: 'node_name',
  params: {
    ...nodeName,
    mode: Type.Optional(Type.Enum(['primary-only', 'secondary-only', 'all'], { description: 'Which instances leave; default all' })),
    remote_node: Type.Optional(
      Type.Union([Name, Type.Null()], { description: 'Target node for all instances; default: chosen by placement' }),
    ),
    remote_node_uuid: OptionalUuid,
    iallocator: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    early_release: Type.Optional(Type.Boolean()),
    ignore_soft_errors: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  },
  result: Type.Object(
    { jobs: Type.Array(Type.Tuple([Type.Boolean(), Type.Union([Type.Integer(), Type.String()])])) },
    { description: 'The submitted jobs; false and the reason for each instance that stays' },
  ),
  touches: (params) => [
    { kind: 'allocation', name: 'allocation', mode: 'exclusive' },
    { kind: 'node', name: params.node_name, mode: 'shared' },
  ],
  dryRun: true,
  permission: 'node:evacuate',
  cli: {
    command: ['node', 'evacuate'],
    args: [nodeArgument],
    flags: {
      mode: { flags: '--mode <mode>', help: 'primary-only, secondary-only or all' },
      remote_node: {
        flags: '-n, --new-node <node>',
        help: 'target node for all instances; default: chosen by placement',
        complete: 'node',
      },
    },
    examples: ['gantry node evacuate node3 --dry-run', 'gantry node evacuate node3'],
  },
  rest: [{ method: 'POST', path: '/2/nodes/{node_name}/evacuate', body: true, query: dryRunQuery }],
  uuids: [nodeUuid, uuidOfNode('remote_node_uuid', 'remote_node')],
  ganeti: {
    defaults: {
      early_release: false,
      node_uuid: null,
      remote_node: null,
      remote_node_uuid: null,
      iallocator: null,
      ignore_soft_errors: null,
    },
  },
});
