import { GantryError } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import { ConsoleResult, instanceKind } from '../../query/index.ts';
import type { ApiContext } from '../api-options.ts';
import { instanceRow, instanceRowMore } from '../rows/instance-row.ts';
import { consoleInfo } from './instance-console.ts';
import { findObject, type Resource, resourceRoutes, viewOf } from './resource-routes.ts';
import { objectsFrom, Reply, type Route } from './route.ts';
import { tagRoutes } from './tag-routes.ts';

const instances: Resource<Instance> = {
  kind: 'instance',
  path: '/2/instances',
  param: 'instance_name',
  idField: 'id',
  collection: ({ services }) => services.config.current.instances,
  queried: instanceKind,
  more: instanceRowMore,
  bulk: (context, view) => {
    // The text is for everybody who may see all of it.
    if (view.visible) return instanceKind.items(view).map((instance) => instanceRow(instance, view));
    const { text, etag } = context.instanceRows.all(view);
    return new Reply(text, etag);
  },
};

/** @throws API_OBJECT_UNKNOWN */
export const findInstance = (name: string | undefined, context: ApiContext): Instance => findObject(instances, name ?? '', context);

const objects = objectsFrom('instance', 'instance_name');

const oneInstance: Route[] = [
  {
    method: 'GET',
    path: '/2/instances/{instance_name}/console',
    tag: 'instance',
    summary: 'How to reach the console of an instance',
    permission: 'instance:query',
    objects,
    result: ConsoleResult,
    handle: ({ params }, context) => consoleInfo(findInstance(params['instance_name'], context), context),
  },
  {
    method: 'GET',
    path: '/2/instances/{instance_name}/console/stream',
    tag: 'instance',
    summary: 'WebSocket with the bytes of the serial console, both ways',
    permission: 'instance:console',
    objects,
    handle: needsUpgrade,
  },
  {
    method: 'GET',
    path: '/2/instances/{instance_name}/console/vnc',
    tag: 'instance',
    summary: 'WebSocket with the bytes of VNC (RFB), both ways',
    permission: 'instance:console',
    objects,
    handle: needsUpgrade,
  },
];

function needsUpgrade(): never {
  throw new GantryError('API_REQUEST_INVALID', { problem: 'This resource is a WebSocket; the headers of an upgrade are missing' });
}

/** One row comes from the same function as the bulk list, so that both always agree. */
function withMemory(route: Route): Route {
  if (route.path !== '/2/instances/{instance_name}') return route;
  return {
    ...route,
    handle: ({ params, user }, context) => instanceRow(findInstance(params['instance_name'], context), viewOf(context, user)),
  };
}

export const instanceRoutes: readonly Route[] = [
  ...resourceRoutes(instances).map(withMemory),
  ...oneInstance,
  ...tagRoutes('instance', '/2/instances/{instance_name}/tags', 'instance_name', (name, context) => findInstance(name, context).tags),
];
