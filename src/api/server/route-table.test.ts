import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route } from '../routes/route.ts';
import { routeTable } from './route-table.ts';

const route = (method: Route['method'], path: string) => ({ method, path }) as Route;
const one = route('GET', '/2/nodes/{node_name}');
const table = routeTable([route('PUT', '/2/nodes/{node_name}'), one, route('GET', '/2/a.b'), route('GET', '/2/a/{x}/{y}')]);

test('a path has a resource, whatever the method', () => {
  for (const path of ['/2/nodes/n1', '/2/nodes/a%20b', '/2/a.b', '/2/a/1/2']) assert.equal(table.has(path), true, path);
  for (const path of ['/2/nodes', '/2/nodes/', '/2/nodes/n1/', '/2/nodes/n1/x', '/2/axb', 'x/2/a.b', '/2/a/1'])
    assert.equal(table.has(path), false, path);
});

test('a route is found by method and path, with what stands in the path', () => {
  assert.deepEqual(table.match('GET', '/2/nodes/a%20b'), { route: one, params: { node_name: 'a b' } });
  assert.deepEqual(table.match('GET', '/2/a/1/%2F')?.params, { x: '1', y: '/' });
  assert.deepEqual(table.match('GET', '/2/a.b')?.params, {});
  assert.equal(table.match('PUT', '/2/nodes/n1')?.route.method, 'PUT');
  assert.equal(table.match('DELETE', '/2/nodes/n1'), undefined);
  assert.equal(table.match('GET', '/2/nodes/%zz'), undefined, 'a malformed escape names nothing');
  assert.equal(table.match('GET', '/2/a/1/%zz'), undefined);
});
