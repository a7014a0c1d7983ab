import { Type } from 'typebox';
import { Name, OptionalUuid } from '../../objects/common.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { uuidOfNode } from '../uuid-parameter.ts';
import { instanceArgument, instanceName, instanceUuid } from './instance-name.ts';
import { moveTouches } from './move-touches.ts';

export const instanceMigrate = defineOpcode({
  id: 'OP_INSTANCE_MIGRATE',
  summary: 'Move a running instance to another node without stopping it',
  subject: 'instance_name',
  params: {
    ...instanceName,
    mode: Type.Optional(Type.Union([Type.Enum(['live', 'non-live']), Type.Null()])),
    live: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    target_node: Type.Optional(Type.Union([Name, Type.Null()])),
    target_node_uuid: OptionalUuid,
    iallocator: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    cleanup: Type.Optional(Type.Boolean({ description: 'Find out where the instance runs after an interrupted migration, and record it' })),
    allow_failover: Type.Optional(Type.Boolean()),
    allow_runtime_changes: Type.Optional(Type.Boolean()),
    ignore_ipolicy: Type.Optional(Type.Boolean()),
    ignore_hvversions: Type.Optional(Type.Boolean()),
  },
  result: Type.Object({ node: Type.String(), downtime_ms: Type.Number(), total_ms: Type.Number(), ram_mib: Type.Number() }),
  touches: moveTouches,
  dryRun: true,
  permission: 'instance:migrate',
  cli: {
    command: ['instance', 'migrate'],
    args: [instanceArgument],
    flags: {
      target_node: { flags: '-n, --target-node <node>', help: 'target node; default: chosen by placement', complete: 'node' },
      mode: { flags: '--mode <mode>', help: 'live or non-live' },
      allow_failover: { flags: '--allow-failover', help: 'fail over if it is not running' },
      cleanup: { flags: '--cleanup', help: 'find out where it runs after an interrupted migration, and record it' },
      ignore_ipolicy: { flags: '--ignore-ipolicy', help: 'do not check the instance policy' },
    },
  },
  rest: [{ method: 'PUT', path: '/2/instances/{instance_name}/migrate', body: true, query: dryRunQuery }],
  uuids: [instanceUuid, uuidOfNode('target_node_uuid', 'target_node')],
  ganeti: {
    defaults: {
      instance_uuid: null,
      mode: null,
      live: null,
      target_node: null,
      target_node_uuid: null,
      allow_runtime_changes: true,
      ignore_ipolicy: false,
      cleanup: false,
      iallocator: null,
      allow_failover: false,
      ignore_hvversions: false,
    },
    opresult: 'nothing',
  },
});
