import type { Network } from '../../model/index.ts';
import { networkFields, pickFields } from '../../query/index.ts';
import { findObject, type Resource, resourceRoutes } from './resource-routes.ts';
import type { Route } from './route.ts';
import { tagRoutes } from './tag-routes.ts';

const names =
  'name network gateway network6 gateway6 mac_prefix free_count reserved_count map group_list inst_list external_reservations ctime mtime uuid serial_no tags';

const networks: Resource<Network> = {
  kind: 'network',
  path: '/2/networks',
  param: 'network_name',
  idField: 'name',
  collection: ({ services }) => services.config.current.networks,
  fields: pickFields(networkFields, names.split(' ')),
};

export const networkRoutes: readonly Route[] = [
  ...resourceRoutes(networks),
  ...tagRoutes('network', '/2/networks/{network_name}/tags', 'network_name', (name, context) => findObject(networks, name, context).tags),
];
