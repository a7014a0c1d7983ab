import { Type } from 'typebox';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { instanceArgument, instanceName, instanceUuid } from './instance-name.ts';

export const instanceRemove = defineOpcode({
  id: 'OP_INSTANCE_REMOVE',
  summary: 'Stop an instance and remove it with its disks',
  subject: 'instance_name',
  params: {
    ...instanceName,
    shutdown_timeout: Type.Optional(Type.Integer({ minimum: 0, description: 'Seconds for a graceful stop' })),
    ignore_failures: Type.Optional(
      Type.Boolean({ description: 'Remove it from the configuration even if its node cannot be reached or does not have its hypervisor' }),
    ),
  },
  result: Type.Null(),
  touches: (params) => [{ kind: 'instance', name: params.instance_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'instance:remove',
  cli: {
    command: ['instance', 'remove'],
    args: [instanceArgument],
    flags: {
      shutdown_timeout: { flags: '--shutdown-timeout <seconds>', help: 'seconds for a graceful stop' },
      ignore_failures: { flags: '--ignore-failures', help: 'remove it even if its node cannot be reached or does not have its hypervisor' },
    },
    confirm: 'Remove instance {instance_name} and all data on its disks?',
  },
  rest: [
    {
      method: 'DELETE',
      path: '/2/instances/{instance_name}',
      body: true,
      query: { ...dryRunQuery, shutdown_timeout: 'shutdown_timeout' },
    },
  ],
  uuids: [instanceUuid],
  ganeti: { defaults: { instance_uuid: null, shutdown_timeout: 120, ignore_failures: false } },
});
