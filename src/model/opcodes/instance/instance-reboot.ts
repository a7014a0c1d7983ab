import { Type } from 'typebox';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { instanceArgument, instanceName, instanceUuid } from './instance-name.ts';

export const instanceReboot = defineOpcode({
  id: 'OP_INSTANCE_REBOOT',
  summary: 'Restart an instance',
  subject: 'instance_name',
  params: {
    ...instanceName,
    reboot_type: Type.Optional(Type.Enum(['soft', 'hard', 'full'])),
    shutdown_timeout: Type.Optional(Type.Integer({ minimum: 0 })),
    ignore_secondaries: Type.Optional(Type.Boolean()),
  },
  result: Type.Null(),
  touches: (params) => [{ kind: 'instance', name: params.instance_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'instance:reboot',
  cli: {
    command: ['instance', 'reboot'],
    args: [instanceArgument],
    flags: {
      reboot_type: { flags: '-t, --type <type>', help: 'soft (by the hypervisor), hard (stop and start the process), full (disks too)' },
      shutdown_timeout: { flags: '--shutdown-timeout <seconds>', help: 'seconds for a graceful stop' },
    },
  },
  rest: [
    {
      method: 'POST',
      path: '/2/instances/{instance_name}/reboot',
      body: true,
      query: { ...dryRunQuery, type: 'reboot_type', ignore_secondaries: 'ignore_secondaries' },
    },
  ],
  uuids: [instanceUuid],
  ganeti: { defaults: { instance_uuid: null, shutdown_timeout: 120, ignore_secondaries: false, reboot_type: 'hard' } },
});
