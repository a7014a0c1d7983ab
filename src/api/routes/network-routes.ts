import type { Network } from '../../model/index.ts';
import { networkKind } from '../../query/index.ts';
import { findObject, type Resource, resourceRoutes } from './resource-routes.ts';
import type { Route } from './route.ts';
import { tagRoutes } from './tag-routes.ts';

const networks: Resource<Network> = {
  kind: 'network',
  path: '/2/networks',
  param: 'network_name',
  idField: 'name',
  collection: ({ services }) => services.config.current.networks,
  queried: networkKind,
};

export const networkRoutes: readonly Route[] = [
  ...resourceRoutes(networks),
  ...tagRoutes('network', '/2/networks/{network_name}/tags', 'network_name', (name, context) => findObject(networks, name, context).tags),
];
