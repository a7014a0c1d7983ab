import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ganetiOperations, opcodeCatalogue, opcodeDefinition, type RestBinding } from '../../model/index.ts';
import { allRoutes } from './all-routes.ts';
import { objectBody } from './object-body.ts';
import { opcodeOf, opcodeRoutes } from './opcode-routes.ts';
import { allOf, isSet } from './query-params.ts';
import type { ApiRequest } from './route.ts';
import { submissionKey } from './submission-key.ts';

const bindingOf = (id: string): RestBinding => opcodeDefinition(id).rest?.[0] ?? assert.fail(id);
const made = (id: string, request: Partial<ApiRequest>, binding = bindingOf(id)) =>
  opcodeOf(opcodeDefinition(id), binding, { params: {}, query: {}, body: undefined, ...request });
const invalid = (problem: string) => ({ code: 'API_REQUEST_INVALID', facts: { problem } });

test('an opcode is made of body, query and path', () => {
  const shutdown = (request: Partial<ApiRequest>) =>
    made('OP_INSTANCE_SHUTDOWN', { params: { instance_name: 'web1', other: 'x' }, ...request });
  assert.deepEqual(shutdown({}), { OP_ID: 'OP_INSTANCE_SHUTDOWN', instance_name: 'web1' });
  assert.deepEqual(shutdown({ body: { timeout: 5, zork: 1 }, query: { 'dry-run': 1, no_remember: 0, reason: 'x' } }), {
    OP_ID: 'OP_INSTANCE_SHUTDOWN',
    instance_name: 'web1',
    timeout: 5,
    zork: 1,
    dry_run: true,
    no_remember: false,
  });
  const reboot = made('OP_INSTANCE_REBOOT', { params: { instance_name: 'web1' }, query: { type: 'hard' } });
  assert.deepEqual(reboot, { OP_ID: 'OP_INSTANCE_REBOOT', instance_name: 'web1', reboot_type: 'hard' });
  assert.deepEqual(
    made('OP_CLUSTER_REDIST_CONF', { body: { zork: 1 } }),
    { OP_ID: 'OP_CLUSTER_REDIST_CONF' },
    'where there is no body, none is read',
  );
});

test('names of the REST API become those of the opcode, and nothing is given twice but the same', () => {
  const create = (body: object, query: object = {}) =>
    made('OP_INSTANCE_CREATE', { body: { __version__: 1, ...body }, query: query as never });
  assert.deepEqual(create({ name: 'web1', os: 'tiny' }), { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', os_type: 'tiny' });
  assert.deepEqual(create({ dry_run: true }, { 'dry-run': 1 }), { OP_ID: 'OP_INSTANCE_CREATE', dry_run: true });
  assert.throws(
    () => create({ name: 'a', instance_name: 'b' }),
    invalid("Parameter 'name' was renamed to 'instance_name', but both are specified"),
  );
  assert.throws(() => create({ dry_run: false }, { 'dry-run': 1 }), invalid("Can't overwrite static parameters {'dry_run'}"));
  const start = (body: object) => made('OP_INSTANCE_STARTUP', { params: { instance_name: 'web1' }, body });
  assert.deepEqual(start({ instance_name: 'web1' }), { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'web1' });
  assert.throws(() => start({ instance_name: 'b', OP_ID: 'x' }), invalid("Can't overwrite static parameters {'OP_ID', 'instance_name'}"));
});

test('the body of a creation has the version that Ganeti asks for', () => {
  const create = (body: unknown) => made('OP_INSTANCE_CREATE', { body });
  assert.throws(() => create({ name: 'x' }), invalid('Instance creation request version 0 is no longer supported'));
  assert.throws(() => create({ __version__: 0 }), invalid('Instance creation request version 0 is no longer supported'));
  assert.throws(() => create({ __version__: '1' }), invalid('Unsupported request data version 1'));
  for (const [body, type] of [
    [undefined, 'dict'],
    [null, 'NoneType'],
    [[], 'list'],
    [5, 'int'],
    [5.5, 'float'],
    ['x', 'str'],
    [true, 'bool'],
  ] as const) {
    const problem = `Body contents: Type is '${type}', but 'dict' is expected`;
    assert.throws(() => create(body), invalid(problem), type);
    if (body !== undefined && body !== null) assert.throws(() => objectBody(body), invalid(problem), type);
  }
  assert.deepEqual([objectBody(undefined), objectBody(null), objectBody({ a: 1 })], [{}, {}, { a: 1 }]);
});

test('each resource says what it is about, what it takes, and that it makes a job', () => {
  const found = (path: string, method: string) =>
    opcodeRoutes.find((one) => one.path === path && one.method === method) ?? assert.fail(path);
  const shutdown = found('/2/instances/{instance_name}/shutdown', 'PUT');
  assert.deepEqual(shutdown.objects?.({ instance_name: 'web1' }), [{ kind: 'instance', name: 'web1' }]);
  assert.deepEqual(shutdown.objects?.({}), [{ kind: 'instance', name: '' }]);
  assert.deepEqual(
    [shutdown.tag, shutdown.submits, shutdown.permission, shutdown.bodyCheckedByHandler],
    ['instance', true, 'instance:shutdown', true],
  );
  const query = shutdown.query?.properties as Record<string, { type?: string; description?: string }>;
  assert.deepEqual(Object.keys(query), ['dry-run', 'no_remember', 'reason']);
  assert.deepEqual([query['dry-run']?.type, query['dry-run']?.description], ['integer', 'Check everything, change nothing (0 or 1)']);
  const body = shutdown.body as unknown as { properties: Record<string, unknown>; additionalProperties: boolean };
  assert.ok(
    'timeout' in body.properties && 'dry_run' in body.properties && !('instance_name' in body.properties) && !body.additionalProperties,
  );
  const remove = found('/2/redistribute-config', 'PUT');
  assert.deepEqual([remove.body, remove.bodyCheckedByHandler], [undefined, undefined]);
  const add = found('/2/groups', 'POST');
  assert.equal(add.objects, undefined);
  const fields = Object.keys((add.body as unknown as typeof body).properties);
  assert.ok(fields.includes('name') && !fields.includes('group_name'));
  assert.ok('__version__' in (found('/2/instances', 'POST').body as unknown as typeof body).properties && !fields.includes('__version__'));
  for (const [path, method, tag] of [
    ['/2/nodes/{node_name}', 'DELETE', 'node'],
    ['/2/networks', 'POST', 'network'],
    ['/2/modify', 'PUT', 'cluster'],
    ['/2/redistribute-config', 'PUT', 'cluster'],
  ] as const)
    assert.equal(found(path, method).tag, tag);
});

test('flags and lists of a query, and the key of a submission', () => {
  assert.deepEqual([isSet({ bulk: 1 }, 'bulk'), isSet({ bulk: 0 }, 'bulk'), isSet({}, 'bulk')], [true, false, false]);
  assert.deepEqual([allOf({}, 'tag'), allOf({ tag: 'a' }, 'tag'), allOf({ tag: ['a', 5] }, 'tag')], [[], ['a'], ['a', '5']]);
  const key = (value: unknown) => submissionKey({ headers: { 'idempotency-key': value as string } });
  assert.deepEqual([submissionKey({ headers: {} }), key('!~'), key('x'.repeat(255))], [undefined, '!~', 'x'.repeat(255)]);
  for (const bad of ['', 'a b', 'x'.repeat(256), 'ä', ['a', 'b']])
    assert.throws(() => key(bad), invalid('Idempotency-Key must be 1 to 255 visible ASCII characters'));
});

test('a resource of Ganeti whose opcode is there does not say that it comes later', () => {
  for (const { operation, opcodes = [], rest } of ganetiOperations) {
    if (!rest || opcodes.length === 0 || !opcodes.every((id) => opcodeCatalogue.has(id))) continue;
    const [method, path] = rest;
    const route = allRoutes.find((one) => one.method === method && one.path === path);
    assert.ok(route && route.offered !== false, `${operation}: ${method} ${path}`);
  }
});
