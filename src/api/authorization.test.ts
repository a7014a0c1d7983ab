import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TSchema } from 'typebox';
import type { AuthorizationRequest } from '../access/index.ts';
import { opcodeCatalogue } from '../model/index.ts';
import { allRoutes } from './routes/all-routes.ts';
import type { Route } from './routes/route.ts';
import { type ApiRig, plain, reader, startApiRig, writer } from './testing/api-rig.ts';

/**
 * Who may use a resource: everybody, any user, users with `read`, users with `write`. A resource that is not in this
 * table fails the test, so that nobody adds one without thinking of it. Those of opcodes are added below.
 */
const access: Record<string, 'public' | 'user' | 'read' | 'write'> = {
  'GET /healthz': 'public',
  'POST /2/nodes/join': 'public',
  'GET /': 'user',
  'GET /2': 'user',
  'GET /metrics': 'user',
  'GET /version': 'user',
  'GET /2/info': 'user',
  'GET /2/features': 'user',
  'GET /2/os': 'user',
  'GET /2/filters': 'user',
  'GET /2/tags': 'user',
  'GET /2/locks': 'user',
  'GET /2/nodes': 'user',
  'GET /2/nodes/{node_name}': 'user',
  'GET /2/nodes/{node_name}/role': 'user',
  'GET /2/nodes/{node_name}/tags': 'user',
  'GET /2/instances': 'user',
  'GET /2/instances/{instance_name}': 'user',
  'GET /2/instances/{instance_name}/tags': 'user',
  'GET /2/groups': 'user',
  'GET /2/groups/{group_name}': 'user',
  'GET /2/groups/{group_name}/tags': 'user',
  'GET /2/networks': 'user',
  'GET /2/networks/{network_name}': 'user',
  'GET /2/networks/{network_name}/tags': 'user',
  'GET /2/jobs': 'user',
  'GET /2/jobs/{job_id}': 'user',
  'GET /2/query/{kind}/fields': 'user',
  'GET /2/query/{kind}': 'read',
  'PUT /2/query/{kind}': 'read',
  'GET /2/jobs/{job_id}/wait': 'read',
  'GET /2/instances/{instance_name}/console': 'read',
  'GET /2/instances/{instance_name}/info': 'read',
  'GET /2/nodes/{node_name}/storage': 'read',
  'GET /2/instances/{instance_name}/console/stream': 'write',
  'GET /2/instances/{instance_name}/console/vnc': 'write',
  'POST /2/jobs': 'write',
  'DELETE /2/jobs/{job_id}': 'write',
  'PUT /2/jobs/{job_id}/priority': 'write',
  'POST /2/jobs/{job_id}/archive': 'write',
  'POST /2/jobs/archive': 'write',
  'POST /2/filters': 'write',
  'GET /2/filters/{filter_uuid}': 'read',
  'PUT /2/filters/{filter_uuid}': 'write',
  'DELETE /2/filters/{filter_uuid}': 'write',
  'PUT /2/tags': 'write',
  'DELETE /2/tags': 'write',
  'POST /2/nodes/join-tokens': 'write',
  'PUT /2/nodes/{node_name}/role': 'write',
  'PUT /2/nodes/{node_name}/tags': 'write',
  'DELETE /2/nodes/{node_name}/tags': 'write',
  'POST /2/nodes/{node_name}/powercycle': 'write',
  'POST /2/nodes/{node_name}/migrate': 'write',
  'PUT /2/nodes/{node_name}/storage/modify': 'write',
  'PUT /2/nodes/{node_name}/storage/repair': 'write',
  'POST /2/instances-multi-alloc': 'write',
  'PUT /2/instances/{instance_name}/tags': 'write',
  'DELETE /2/instances/{instance_name}/tags': 'write',
  'POST /2/instances/{instance_name}/reinstall': 'write',
  'POST /2/instances/{instance_name}/replace-disks': 'write',
  'PUT /2/instances/{instance_name}/activate-disks': 'write',
  'PUT /2/instances/{instance_name}/deactivate-disks': 'write',
  'POST /2/instances/{instance_name}/recreate-disks': 'write',
  'PUT /2/instances/{instance_name}/prepare-export': 'write',
  'PUT /2/instances/{instance_name}/export': 'write',
  'DELETE /2/instances/{instance_name}/export': 'write',
  'PUT /2/instances/{instance_name}/rename': 'write',
  'PUT /2/instances/{instance_name}/modify': 'write',
  'POST /2/instances/{instance_name}/disk/{disk}/grow': 'write',
  'PUT /2/groups/{group_name}/tags': 'write',
  'DELETE /2/groups/{group_name}/tags': 'write',
  'PUT /2/networks/{network_name}/rename': 'write',
  'PUT /2/networks/{network_name}/modify': 'write',
  'PUT /2/networks/{network_name}/tags': 'write',
  'DELETE /2/networks/{network_name}/tags': 'write',
};

type Schema = TSchema & {
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  type?: string;
  items?: Schema;
  pattern?: string;
  minimum?: number;
};

/** A value that a schema takes; no object is called so, so that a permitted change does nothing. */
function sample(schema: Schema): unknown {
  const { const: only, enum: words, anyOf, type, items, pattern = '', minimum = 0 } = schema;
  if (only !== undefined) return only;
  if (words) return words[0];
  if (anyOf) return sample(anyOf[0] as Schema);
  if (type === 'array') return items ? [sample(items)] : [];
  if (type === 'integer' || type === 'number') return minimum;
  return ['x1', 'bridged'].find((text) => new RegExp(pattern).test(text));
}

/** Opcodes with the least they need; each is submitted by each kind of user. */
const opcodes = Object.fromEntries(
  [...opcodeCatalogue.values()].map(({ id, ownFields, params }) => {
    const required: readonly string[] = params.required ?? [];
    const needed = Object.entries(ownFields).filter(([name]) => required.includes(name));
    return [id, Object.fromEntries(needed.map(([name, schema]) => [name, sample(schema)]))] as const;
  }),
);

/** Opcodes change something, so their resources are for users with `write`. */
for (const { rest = [] } of opcodeCatalogue.values()) for (const { method, path } of rest) access[`${method} ${path}`] = 'write';

const keyOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`;
/** Something that no object is called, so that a permitted change does nothing. */
const pathOf = ({ path }: Route) => path.replaceAll('{job_id}', '424242').replaceAll(/\{\w+\}/g, 'nobody');

/** A request as it is compared: its objects are looked up when they are asked for. */
const plainly = ({ principal, permission, opcode, objects, read }: AuthorizationRequest): AuthorizationRequest => ({
  principal,
  permission,
  objects,
  ...(opcode && { opcode }),
  ...(read && { read }),
});

let rig: ApiRig;
const asked: AuthorizationRequest[] = [];
before(async () => {
  rig = await startApiRig({ limits: { refusalsPerMinute: 100_000, accountRefusalsPerMinute: 100_000, waitMs: 10 } });
});
after(() => rig.close());

test('the table names every resource, and no other', () => {
  assert.deepEqual(allRoutes.map(keyOf).sort(), Object.keys(access).sort());
});

test('every resource and every opcode has a permission', () => {
  for (const route of allRoutes) assert.match(route.permission, /^(public|[a-z]+:[a-z-]+)$/, keyOf(route));
  for (const { id, permission } of opcodeCatalogue.values()) assert.match(permission, /^[a-z]+:[a-z-]+$/, id);
});

for (const route of allRoutes) {
  const key = keyOf(route);
  test(`${key} is for: ${access[key]}`, async () => {
    const statuses: Record<string, number> = {};
    for (const [who, user] of Object.entries({ anonymous: undefined, wrong: 'admin:wrong', plain, reader, writer })) {
      const { status } = await rig.client.send(route.method, pathOf(route), user === undefined ? {} : { user });
      statuses[who] = status;
    }
    const refused = Object.fromEntries(Object.entries(statuses).map(([who, status]) => [who, status === 401 || status === 403]));
    const level = ['public', 'user', 'read', 'write'].indexOf(access[key] ?? '');
    assert.deepEqual(refused, { anonymous: level > 0, wrong: level > 0, plain: level > 1, reader: level > 2, writer: false });
    if (level > 0) assert.deepEqual([statuses['anonymous'], statuses['wrong']], [401, 401]);
  });
}

for (const [id, params] of Object.entries(opcodes)) {
  test(`${id} needs write and its own permission`, async () => {
    const body = { ops: [{ OP_ID: id, ...params, dry_run: true }] };
    assert.equal((await rig.client.send('POST', '/2/jobs', { body })).status, 401);
    assert.equal((await rig.client.send('POST', '/2/jobs', { body, user: reader })).status, 403);
    assert.equal((await rig.client.send('POST', '/2/jobs', { body, user: writer })).status, 200);
  });
}

test('each opcode of a job is authorized with its permission and objects, all before any is submitted', async () => {
  const strict = await startApiRig({
    authorizer: {
      decide: (request) => {
        asked.push(plainly(request));
        return { allowed: request.permission !== 'instance:remove' };
      },
    },
  });
  try {
    const ops = Object.entries(opcodes).map(([OP_ID, params]) => ({ OP_ID, ...params }));
    const reply = await strict.client.send('POST', '/2/jobs', { user: writer, body: { ops } });
    assert.equal(reply.status, 403);
    assert.deepEqual(asked.at(-1), {
      principal: { name: 'admin', scheme: 'users-file', groups: [], options: ['write'] },
      permission: 'instance:remove',
      opcode: { id: 'OP_INSTANCE_REMOVE', params: { OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'x1' } },
      objects: [{ kind: 'instance', name: 'x1', tags: [] }],
    });
    assert.deepEqual(strict.services.jobs.list(), []);
    asked.length = 0;
    const allowed = ops.filter(({ OP_ID }) => OP_ID !== 'OP_INSTANCE_REMOVE').map((op) => ({ ...op, dry_run: true }));
    assert.equal((await strict.client.send('POST', '/2/jobs', { user: writer, body: { ops: allowed } })).status, 200);
    const permissions = allowed.map(({ OP_ID }) => opcodeCatalogue.get(OP_ID)?.permission);
    assert.deepEqual(
      asked.slice(0, 1 + 2 * permissions.length).map(({ permission }) => permission),
      ['job:submit', ...permissions, ...permissions],
      'by the API at once, and by the queue for certain',
    );
  } finally {
    await strict.close();
  }
});

test('a resource made from an opcode is decided on by the name in its path before its body is read', async () => {
  const asked: AuthorizationRequest[] = [];
  const strict = await startApiRig({
    authorizer: {
      decide: (request) => {
        asked.push(plainly(request));
        return { allowed: false };
      },
    },
  });
  try {
    const reply = await strict.client.send('PUT', '/2/instances/web%2D1/startup', { user: writer, raw: 'not JSON' });
    assert.equal(reply.status, 403);
    assert.deepEqual(asked, [
      {
        principal: { name: 'admin', scheme: 'users-file', groups: [], options: ['write'] },
        permission: 'instance:startup',
        objects: [{ kind: 'instance', name: 'web-1', tags: [] }],
      },
    ]);
  } finally {
    await strict.close();
  }
});
