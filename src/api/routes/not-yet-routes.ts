import { GantryError } from '../../base/index.ts';
import { objectsFrom, type Route } from './route.ts';

type Method = Route['method'];

/** Resources of Ganeti whose opcode Gantry does not have so far: method, path, operation. */
const missing: readonly (readonly [Method, string, string])[] = [
  ['POST', '/2/nodes/{node_name}/powercycle', 'Power cycling a node'],
  ['POST', '/2/nodes/{node_name}/migrate', 'Migrating all instances of a node'],
  ['GET', '/2/nodes/{node_name}/storage', 'Listing the storage units of a node'],
  ['PUT', '/2/nodes/{node_name}/storage/modify', 'Modifying a storage unit'],
  ['PUT', '/2/nodes/{node_name}/storage/repair', 'Repairing a storage unit'],
  ['GET', '/2/instances/{instance_name}/info', 'The detailed report of an instance'],
  ['POST', '/2/instances/{instance_name}/reinstall', 'Reinstalling an instance'],
  ['POST', '/2/instances/{instance_name}/replace-disks', 'Replacing disks'],
  ['PUT', '/2/instances/{instance_name}/activate-disks', 'Activating disks'],
  ['PUT', '/2/instances/{instance_name}/deactivate-disks', 'Deactivating disks'],
  ['POST', '/2/instances/{instance_name}/recreate-disks', 'Recreating disks'],
  ['PUT', '/2/instances/{instance_name}/prepare-export', 'Preparing an export'],
  ['PUT', '/2/instances/{instance_name}/export', 'Exporting an instance'],
  ['DELETE', '/2/instances/{instance_name}/export', 'Removing an export'],
  ['PUT', '/2/instances/{instance_name}/rename', 'Renaming an instance'],
  ['PUT', '/2/instances/{instance_name}/modify', 'Modifying an instance'],
  ['POST', '/2/instances/{instance_name}/disk/{disk}/grow', 'Growing a disk'],
  ['POST', '/2/instances-multi-alloc', 'Creating several instances at once'],
  ['PUT', '/2/networks/{network_name}/rename', 'Renaming a network'],
  ['PUT', '/2/networks/{network_name}/modify', 'Modifying a network'],
  ['POST', '/2/filters', 'Adding a job filter'],
];

function kindOf(path: string): 'node' | 'instance' | 'network' | 'job' {
  if (path.startsWith('/2/nodes')) return 'node';
  if (path.startsWith('/2/networks')) return 'network';
  return path.startsWith('/2/filters') ? 'job' : 'instance';
}

/** Clients of Ganeti find these resources, and are told that the operation is missing. */
export const notYetRoutes: readonly Route[] = missing.map(([method, path, operation]) => {
  const kind = kindOf(path);
  const param = /\{(\w+)\}/.exec(path)?.[1];
  return {
    method,
    path,
    tag: kind,
    summary: `${operation}: not offered yet`,
    permission: method === 'GET' ? `${kind}:query` : `${kind}:modify`,
    ...(param && { objects: objectsFrom(kind, param) }),
    handle: () => {
      throw new GantryError('API_NOT_YET', { operation });
    },
  };
});
