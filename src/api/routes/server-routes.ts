import { Type } from 'typebox';
import { metricsFormat, metricsTypes } from '../../base/index.ts';
import { Reply, type Route } from './route.ts';

export const serverRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/healthz',
    tag: 'server',
    summary: 'Whether the server answers',
    permission: 'public',
    result: Type.Literal('ok'),
    handle: () => 'ok',
  },
  {
    method: 'GET',
    path: '/metrics',
    tag: 'server',
    summary: 'What this master counts, for Prometheus: OpenMetrics or its older text, as the Accept header prefers',
    permission: 'metrics:read',
    standby: true,
    result: Type.String(),
    types: Object.values(metricsTypes).map((type) => type.split(';', 1)[0] ?? ''),
    handle: ({ headers }, { metricsPage }) => {
      const format = metricsFormat(String(headers['accept'] ?? ''));
      const reply = new Reply(metricsPage(format), undefined, metricsTypes[format]);
      reply.packs = true;
      return reply;
    },
  },
];
