import type { NodeGroup } from '../../model/index.ts';
import { groupKind } from '../../query/index.ts';
import { findObject, type Resource, resourceRoutes } from './resource-routes.ts';
import type { Route } from './route.ts';
import { tagRoutes } from './tag-routes.ts';

const groups: Resource<NodeGroup> = {
  kind: 'group',
  path: '/2/groups',
  param: 'group_name',
  idField: 'name',
  collection: ({ services }) => services.config.current.groups,
  queried: groupKind,
};

export const groupRoutes: readonly Route[] = [
  ...resourceRoutes(groups),
  ...tagRoutes('group', '/2/groups/{group_name}/tags', 'group_name', (name, context) => findObject(groups, name, context).tags),
];
