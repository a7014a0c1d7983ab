import { Type } from 'typebox';
import { defineOpcode } from '../define-opcode.ts';

export const clusterVerify = defineOpcode({
  id: 'OP_CLUSTER_VERIFY',
  summary: 'Compare every node, disk, process and network with the configuration',
  params: { group_name: Type.Optional(Type.Union([Type.String(), Type.Null()])) },
  result: Type.Object({
    ok: Type.Boolean(),
    problems: Type.Array(
      Type.Object({
        code: Type.String(),
        subject: Type.String(),
        text: Type.String(),
        todo: Type.String(),
        severity: Type.Enum(['error', 'warning']),
        ganeti_code: Type.String({ description: 'Code of the same finding in gnt-cluster verify: EINSTANCEDOWN, ENODERPC, …' }),
      }),
    ),
  }),
  touches: () => [{ kind: 'cluster', name: 'cluster', mode: 'shared' }],
  dryRun: true,
  permission: 'cluster:verify',
  cli: {
    command: ['cluster', 'verify'],
    flags: { group_name: { flags: '-g, --node-group <group>', help: 'only the nodes of this group', complete: 'group' } },
  },
  ganeti: {
    defaults: {
      debug_simulate_errors: false,
      error_codes: false,
      skip_checks: [],
      ignore_errors: [],
      verbose: false,
      group_name: null,
      verify_clutter: false,
    },
  },
});
