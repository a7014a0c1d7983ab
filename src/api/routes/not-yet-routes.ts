import { GantryError } from '../../base/index.ts';
import { ganetiOperations } from '../../model/index.ts';
import { objectsFrom, type Route } from './route.ts';

function kindOf(path: string): 'node' | 'instance' | 'network' | 'job' {
  if (path.startsWith('/2/nodes')) return 'node';
  if (path.startsWith('/2/networks')) return 'network';
  return path.startsWith('/2/filters') ? 'job' : 'instance';
}

/** Clients of Ganeti find these resources, and are told that the operation is missing. */
export const notYetRoutes: readonly Route[] = ganetiOperations.flatMap(({ rest, operation }) => {
  if (!rest) return [];
  const [method, path] = rest;
  const kind = kindOf(path);
  const param = /\{(\w+)\}/.exec(path)?.[1];
  return {
    method,
    path,
    tag: kind,
    summary: `${operation}: not offered yet`,
    offered: false,
    permission: method === 'GET' ? `${kind}:query` : `${kind}:modify`,
    ...(param && { objects: objectsFrom(kind, param) }),
    handle: () => {
      throw new GantryError('API_NOT_YET', { operation });
    },
  };
});
