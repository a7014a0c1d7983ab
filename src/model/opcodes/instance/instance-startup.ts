import { Type } from 'typebox';
import { PartialParams } from '../../objects/common.ts';
import { BeparamsPartial } from '../../params/beparams.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { instanceArgument, instanceName, instanceUuid } from './instance-name.ts';

export const instanceStartup = defineOpcode({
  id: 'OP_INSTANCE_STARTUP',
  summary: 'Start an instance',
  subject: 'instance_name',
  params: {
    ...instanceName,
    force: Type.Optional(Type.Boolean()),
    hvparams: Type.Optional(PartialParams),
    beparams: Type.Optional(BeparamsPartial),
    no_remember: Type.Optional(Type.Boolean({ description: 'Do not record that it should be up' })),
  },
  result: Type.Null(),
  touches: (params) => [{ kind: 'instance', name: params.instance_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'instance:startup',
  cli: {
    command: ['instance', 'startup'],
    args: [instanceArgument],
    flags: { no_remember: { flags: '--no-remember', help: 'do not record that it should be up' } },
  },
  rest: [
    { method: 'PUT', path: '/2/instances/{instance_name}/startup', body: true, query: { ...dryRunQuery, no_remember: 'no_remember' } },
  ],
  uuids: [instanceUuid],
  ganeti: {
    defaults: {
      instance_uuid: null,
      force: false,
      ignore_offline_nodes: false,
      hvparams: {},
      beparams: {},
      no_remember: false,
      startup_paused: false,
      shutdown_timeout: 120,
    },
  },
});
