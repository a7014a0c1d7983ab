import { Type } from 'typebox';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { nodeArgument, nodeName, nodeUuid } from './node-name.ts';

export const nodeRemove = defineOpcode({
  id: 'OP_NODE_REMOVE',
  summary: 'Remove an empty node from the cluster',
  subject: 'node_name',
  params: nodeName,
  result: Type.Null(),
  touches: (params) => [{ kind: 'node', name: params.node_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'node:remove',
  cli: { command: ['node', 'remove'], args: [nodeArgument], confirm: 'Remove node {node_name} from the cluster?' },
  rest: [{ method: 'DELETE', path: '/2/nodes/{node_name}', body: false, query: dryRunQuery }],
  uuids: [nodeUuid],
  ganeti: {
    defaults: { node_uuid: null },
    errors: {
      NODE_IS_MASTER: 'Node is the master node, failover to another node is required',
      NODE_NOT_EMPTY: ({ instances }) => `Instance ${String(instances).split(', ')[0]} is still running on the node, please remove first`,
    },
  },
});
