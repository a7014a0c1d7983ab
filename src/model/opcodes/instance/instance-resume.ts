import { Type } from 'typebox';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { instanceArgument, instanceName, instanceUuid } from './instance-name.ts';

export const instanceResume = defineOpcode({
  id: 'OP_INSTANCE_RESUME',
  summary: 'Resume an instance that was stopped by a disk error',
  subject: 'instance_name',
  params: instanceName,
  result: Type.Null(),
  touches: (params) => [{ kind: 'instance', name: params.instance_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'instance:resume',
  cli: {
    command: ['instance', 'resume'],
    args: [instanceArgument],
    examples: ['gantry instance resume web1'],
  },
  rest: [{ method: 'PUT', path: '/2/instances/{instance_name}/resume', body: true, query: dryRunQuery }],
  uuids: [instanceUuid],
});
