import { Type } from 'typebox';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';

export const clusterRedistConf = defineOpcode({
  id: 'OP_CLUSTER_REDIST_CONF',
  summary: 'Has no effect, because the store keeps every master candidate up to date; for clients of Ganeti',
  params: {},
  result: Type.Null(),
  touches: () => [{ kind: 'cluster', name: 'cluster', mode: 'shared' }],
  dryRun: true,
  permission: 'cluster:redistribute',
  rest: [{ method: 'PUT', path: '/2/redistribute-config', body: false, query: dryRunQuery }],
});
