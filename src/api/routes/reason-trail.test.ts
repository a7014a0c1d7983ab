import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allRoutes } from './all-routes.ts';
import { reasonTrail, resourceName } from './reason-trail.ts';

/** Sources that were found in the job queue of a real Ganeti. */
const captured = `groups groups_name groups_name_modify groups_name_rename instances instances_name instances_name_disk_grow
  instances_name_failover instances_name_info instances_name_migrate instances_name_reboot instances_name_shutdown
  instances_name_startup instances_name_tags networks networks_name networks_name_connect networks_name_disconnect
  nodes_name_evacuate nodes_name_migrate nodes_name_modify nodes_name_role nodes_name_storage redist_config tags`.split(/\s+/);

test("resources have Ganeti's names", () => {
  const names = new Set(allRoutes.map(({ path }) => resourceName(path)));
  for (const name of captured) assert.ok(names.has(name), name);
  assert.equal(resourceName('/2/modify'), 'cluster_modify');
  assert.equal(resourceName('/2/groups/{group_name}/assign-nodes'), 'groups_name_assign_nodes');
});

test('the reason of the user comes before the resource; without one there is only the resource', () => {
  const path = '/2/instances/{instance_name}/startup';
  const resource = ['gnt:library:rlib2:instances_name_startup', '', 5_000_000];
  assert.deepEqual(reasonTrail(path, { reason: 'why not' }, 5.2), [['gnt:user', 'why not', 5_000_000], resource]);
  for (const reason of [undefined, '', ['a', 'b']]) assert.deepEqual(reasonTrail(path, { reason }, 5), [resource]);
});
