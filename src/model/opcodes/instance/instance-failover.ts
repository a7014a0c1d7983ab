import { Type } from 'typebox';
import { Name, OptionalUuid } from '../../objects/common.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { uuidOfNode } from '../uuid-parameter.ts';
import { instanceArgument, instanceName, instanceUuid } from './instance-name.ts';
import { moveTouches } from './move-touches.ts';

export const instanceFailover = defineOpcode({
  id: 'OP_INSTANCE_FAILOVER',
  summary: 'Stop an instance and start it on another node',
  subject: 'instance_name',
  params: {
    ...instanceName,
    target_node: Type.Optional(Type.Union([Name, Type.Null()])),
    target_node_uuid: OptionalUuid,
    iallocator: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    ignore_consistency: Type.Optional(Type.Boolean({ description: 'Continue although the old node cannot be reached' })),
    shutdown_timeout: Type.Optional(Type.Integer({ minimum: 0 })),
    ignore_ipolicy: Type.Optional(Type.Boolean()),
  },
  result: Type.Object({ node: Type.String() }),
  touches: moveTouches,
  dryRun: true,
  permission: 'instance:failover',
  cli: {
    command: ['instance', 'failover'],
    args: [instanceArgument],
    flags: {
      target_node: { flags: '-n, --target-node <node>', help: 'target node; default: chosen by placement', complete: 'node' },
      ignore_consistency: {
        flags: '--ignore-consistency',
        help: 'continue even if the old node cannot be reached (it must be marked offline)',
      },
      shutdown_timeout: { flags: '--shutdown-timeout <seconds>', help: 'seconds for a graceful stop' },
      ignore_ipolicy: { flags: '--ignore-ipolicy', help: 'do not check the instance policy' },
    },
    confirm: 'Fail over instance {instance_name}? It will be stopped and started again.',
  },
  rest: [{ method: 'PUT', path: '/2/instances/{instance_name}/failover', body: true, query: dryRunQuery }],
  uuids: [instanceUuid, uuidOfNode('target_node_uuid', 'target_node')],
  ganeti: {
    defaults: {
      instance_uuid: null,
      shutdown_timeout: 120,
      ignore_consistency: false,
      target_node: null,
      target_node_uuid: null,
      ignore_ipolicy: false,
      cleanup: false,
      iallocator: null,
    },
    opresult: 'nothing',
  },
});
