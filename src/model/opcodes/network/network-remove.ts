import { Type } from 'typebox';
import { Name } from '../../objects/common.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { networkArgument } from './network-name.ts';

export const networkRemove = defineOpcode({
  id: 'OP_NETWORK_REMOVE',
  summary: 'Remove an unused network',
  subject: 'network_name',
  params: { network_name: Name, force: Type.Optional(Type.Boolean()) },
  result: Type.Null(),
  touches: (params) => [{ kind: 'network', name: params.network_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'network:remove',
  cli: {
    command: ['network', 'remove'],
    args: [networkArgument],
    flags: { force: { flags: '-f, --force', help: 'even if groups are connected to it' } },
  },
  rest: [{ method: 'DELETE', path: '/2/networks/{network_name}', body: true, query: dryRunQuery }],
  ganeti: { defaults: { force: false } },
});
