import { Type } from 'typebox';
import { NdparamsChange } from '../../params/ndparams.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { nodeArgument, nodeName, nodeUuid } from './node-name.ts';

export const nodeSetParams = defineOpcode({
  id: 'OP_NODE_SET_PARAMS',
  summary: 'Change the role or the parameters of a node',
  subject: 'node_name',
  params: {
    ...nodeName,
    master_candidate: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    offline: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    drained: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    master_capable: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    vm_capable: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    auto_promote: Type.Optional(Type.Boolean({ description: 'Make other nodes master candidates if the pool would be too small' })),
    force: Type.Optional(Type.Boolean()),
    ndparams: Type.Optional(Type.Union([NdparamsChange, Type.Null()])),
  },
  result: Type.Array(Type.Tuple([Type.String(), Type.Unknown()]), { description: 'Changed parameters with their new values' }),
  touches: (params) => [{ kind: 'node', name: params.node_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'node:modify',
  cli: {
    command: ['node', 'modify'],
    args: [nodeArgument],
    flags: {
      master_candidate: { flags: '-C, --master-candidate <yes|no>', help: 'may lead the cluster' },
      drained: { flags: '-D, --drained <yes|no>', help: 'gets no new instances' },
      offline: { flags: '-O, --offline <yes|no>', help: 'is not contacted' },
      master_capable: { flags: '--master-capable <yes|no>', help: 'may become a master candidate' },
      vm_capable: { flags: '--vm-capable <yes|no>', help: 'may run instances' },
      ndparams: { flags: '--node-parameters <key=value…>', help: 'ndparams', parse: 'keyValues' },
      force: { flags: '-f, --force', help: 'even if too few master candidates are left' },
    },
  },
  rest: [{ method: 'POST', path: '/2/nodes/{node_name}/modify', body: true, query: dryRunQuery }],
  uuids: [nodeUuid],
  ganeti: {
    defaults: {
      node_uuid: null,
      force: false,
      hv_state: null,
      disk_state: null,
      master_candidate: null,
      offline: null,
      drained: null,
      auto_promote: false,
      master_capable: null,
      vm_capable: null,
      secondary_ip: null,
      ndparams: null,
      powered: null,
    },
    opresult: ['master_capable', 'vm_capable', 'master_candidate', 'drained', 'offline'],
  },
});
