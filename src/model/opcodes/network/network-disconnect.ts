import { Type } from 'typebox';
import { Name } from '../../objects/common.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { networkArgument } from './network-name.ts';

export const networkDisconnect = defineOpcode({
  id: 'OP_NETWORK_DISCONNECT',
  summary: 'Disconnect a network from a node group',
  subject: 'network_name',
  params: { network_name: Name, group_name: Name },
  result: Type.Null(),
  touches: (params) => [
    { kind: 'group', name: params.group_name, mode: 'shared' },
    { kind: 'network', name: params.network_name, mode: 'exclusive' },
  ],
  dryRun: true,
  permission: 'network:disconnect',
  cli: { command: ['network', 'disconnect'], args: [networkArgument, { param: 'group_name', help: 'node group', complete: 'group' }] },
  rest: [{ method: 'PUT', path: '/2/networks/{network_name}/disconnect', body: true, query: dryRunQuery }],
});
