import { Type } from 'typebox';
import type { Route } from './route.ts';

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
];
