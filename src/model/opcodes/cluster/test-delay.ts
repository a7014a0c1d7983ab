import { Type } from 'typebox';
import { OptionalUuids } from '../../objects/common.ts';
import { defineOpcode } from '../define-opcode.ts';
import { uuidOfNode } from '../uuid-parameter.ts';

export const testDelay = defineOpcode({
  id: 'OP_TEST_DELAY',
  summary: 'Wait for some time; for tests of the job queue',
  subject: 'duration',
  params: {
    duration: Type.Number({ minimum: 0, description: 'Seconds' }),
    on_master: Type.Optional(Type.Boolean()),
    on_nodes: Type.Optional(Type.Array(Type.String())),
    on_node_uuids: OptionalUuids,
    repeat: Type.Optional(Type.Integer({ minimum: 0 })),
    no_locks: Type.Optional(Type.Boolean()),
    interruptible: Type.Optional(Type.Boolean()),
  },
  result: Type.Null(),
  touches: (params) => (params.no_locks ? [] : (params.on_nodes ?? []).map((name) => ({ kind: 'node', name, mode: 'exclusive' }) as const)),
  dryRun: true,
  permission: 'cluster:test',
  uuids: [uuidOfNode('on_node_uuids', 'on_nodes')],
  ganeti: { defaults: { on_master: true, on_nodes: [], on_node_uuids: null, repeat: 0, interruptible: false, no_locks: false } },
});
