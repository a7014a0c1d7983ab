import { Type } from 'typebox';
import { GantryError } from '../../base/index.ts';
import { type Node, nodeRole } from '../../model/index.ts';
import { nodeKind } from '../../query/index.ts';
import type { ApiContext } from '../api-options.ts';
import { isSet } from './query-params.ts';
import { withReason } from './reason-trail.ts';
import { findObject, type Resource, resourceRoutes } from './resource-routes.ts';
import { objectsFrom, type Route } from './route.ts';
import { submitFrom } from './submit.ts';
import { tagRoutes } from './tag-routes.ts';

const nodes: Resource<Node> = {
  kind: 'node',
  path: '/2/nodes',
  param: 'node_name',
  idField: 'id',
  collection: ({ services }) => services.config.current.nodes,
  queried: nodeKind,
  moreOnPage: { secondary_ip: Type.String() },
};

const findNode = (name: string | undefined, context: ApiContext): Node => findObject(nodes, name ?? '', context);

const roleNames = { M: 'master', C: 'master-candidate', R: 'regular', D: 'drained', O: 'offline' } as const;

/** What each role that can be set means for a node. */
const roleParams: Record<string, Record<string, boolean>> = {
  regular: { master_candidate: false, offline: false, drained: false },
  'master-candidate': { master_candidate: true },
  drained: { drained: true },
  offline: { offline: true },
};

const RoleName = Type.Enum(['regular', 'master-candidate', 'drained', 'offline']);

const roleRoutes: Route[] = [
  {
    method: 'GET',
    path: '/2/nodes/{node_name}/role',
    tag: 'node',
    summary: 'Role of a node',
    permission: 'node:read',
    objects: objectsFrom('node', 'node_name'),
    result: Type.Enum(Object.values(roleNames)),
    handle: ({ params }, context) =>
      roleNames[nodeRole(findNode(params['node_name'], context), context.services.config.current.cluster.master_node)],
  },
  {
    method: 'PUT',
    path: '/2/nodes/{node_name}/role',
    tag: 'node',
    summary: 'Change the role of a node',
    permission: 'node:modify',
    objects: objectsFrom('node', 'node_name'),
    query: withReason(Type.Object({ force: Type.Optional(Type.Integer()), 'auto-promote': Type.Optional(Type.Integer()) })),
    body: RoleName,
    bodyCheckedByHandler: true,
    submits: true,
    result: Type.Integer({ description: 'Number of the job' }),
    handle: (request, context) => {
      const { params, query, body } = request;
      if (typeof body !== 'string') throw new GantryError('API_REQUEST_INVALID', { problem: 'Body contents: a string is expected' });
      const role = Object.hasOwn(roleParams, body) ? roleParams[body] : undefined;
      if (!role) throw new GantryError('API_REQUEST_INVALID', { problem: `Can't set '${body}' role` });
      const flags = { force: isSet(query, 'force'), auto_promote: isSet(query, 'auto-promote') };
      const op = { OP_ID: 'OP_NODE_SET_PARAMS', node_name: params['node_name'], ...role, ...flags };
      return submitFrom('/2/nodes/{node_name}/role', request, context, op);
    },
  },
];

/** Ganeti's page of one node has the secondary address under two names. */
function withAlias(route: Route): Route {
  if (route.path !== '/2/nodes/{node_name}') return route;
  return {
    ...route,
    handle: (request, context) => {
      const row = route.handle(request, context) as Record<string, unknown>;
      return { ...row, secondary_ip: row['sip'] };
    },
  };
}

export const nodeRoutes: readonly Route[] = [
  ...resourceRoutes(nodes).map(withAlias),
  ...roleRoutes,
  ...tagRoutes('node', '/2/nodes/{node_name}/tags', 'node_name', (name, context) => findNode(name, context).tags),
];
