import { Type } from 'typebox';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { instanceArgument, instanceName, instanceUuid } from './instance-name.ts';

export const instanceShutdown = defineOpcode({
  id: 'OP_INSTANCE_SHUTDOWN',
  summary: 'Stop an instance gracefully, and by force after a timeout',
  subject: 'instance_name',
  params: {
    ...instanceName,
    timeout: Type.Optional(Type.Integer({ minimum: 0, description: 'Seconds for a graceful stop; default 120' })),
    force: Type.Optional(Type.Boolean({ description: 'Stop it immediately, without a graceful stop' })),
    no_remember: Type.Optional(Type.Boolean()),
    ignore_offline_nodes: Type.Optional(Type.Boolean()),
    admin_state_source: Type.Optional(Type.Enum(['admin', 'user'])),
  },
  result: Type.Null(),
  touches: (params) => [{ kind: 'instance', name: params.instance_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'instance:shutdown',
  cli: {
    command: ['instance', 'shutdown'],
    args: [instanceArgument],
    flags: {
      timeout: { flags: '--timeout <seconds>', help: 'seconds for a graceful stop' },
      force: { flags: '-f, --force', help: 'stop it immediately, without a graceful stop' },
      no_remember: { flags: '--no-remember', help: 'do not record that it should be down' },
    },
  },
  rest: [
    { method: 'PUT', path: '/2/instances/{instance_name}/shutdown', body: true, query: { ...dryRunQuery, no_remember: 'no_remember' } },
  ],
  uuids: [instanceUuid],
  ganeti: {
    defaults: {
      instance_uuid: null,
      force: false,
      ignore_offline_nodes: false,
      timeout: 120,
      no_remember: false,
      admin_state_source: 'admin',
    },
  },
});
