import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ApiRig, reader, startApiRig, writer } from './testing/api-rig.ts';
import { captured } from './testing/captured.ts';
import type { HttpsRequest } from './testing/https-client.ts';

// Refused requests: status and the three fields of the body as captured; ours is beside them.

let rig: ApiRig;
before(async () => {
  rig = await startApiRig();
});
after(() => rig.close());

const instance = { __version__: 1, mode: 'create', disk_template: 'file', disks: [{ size: 64 }], nics: [] };

/** The captured reply, what was asked, how. */
const refusals: [name: string, method: string, path: string, request: HttpsRequest][] = [
  ['err-404-path', 'GET', '/2/nosuch', { user: writer }],
  ['err-404-inst', 'GET', '/2/instances/nosuch.r5.test', { user: writer }],
  ['err-404-node', 'GET', '/2/nodes/nosuch', { user: writer }],
  ['err-404-group', 'GET', '/2/groups/nosuch', { user: writer }],
  ['err-404-network', 'GET', '/2/networks/nosuch', { user: writer }],
  ['err-501-method', 'DELETE', '/2/info', { user: writer }],
  ['redistribute-get', 'GET', '/2/redistribute-config', { user: writer }],
  ['err-400-json', 'POST', '/2/instances', { user: writer, raw: '{"__version__": 1,' }],
  ['err-400-params', 'POST', '/2/instances', { user: writer, body: instance }],
  ['err-400-nover', 'POST', '/2/instances', { user: writer, body: { name: 'x.r5.test' } }],
  ['err-415', 'POST', '/2/instances', { user: writer, raw: 'name=x', headers: { 'content-type': 'text/plain' } }],
  ['auth-none-post', 'POST', '/2/instances', { body: instance }],
  ['auth-wrong-get', 'GET', '/2/info', { user: 'admin:wrong' }],
  ['auth-reader-post', 'POST', '/2/instances', { user: reader, body: instance }],
  ['query-os', 'GET', '/2/query/os?fields=name', { user: writer }],
  ['query-cluster-fields', 'GET', '/2/query/cluster/fields', { user: writer }],
  ['query-instance-nofields', 'GET', '/2/query/instance', { user: writer }],
  ['queryput-badfilter', 'PUT', '/2/query/instance', { user: writer, body: { fields: ['name'], qfilter: ['~~', 'name'] } }],
  ['queryput-regex', 'PUT', '/2/query/instance', { user: writer, body: { fields: ['name'], qfilter: ['?', 'admin_state'] } }],
  ['inst4-console', 'GET', '/2/instances/inst4.r5.test/console', { user: reader }],
];

for (const [name, method, path, request] of refusals) {
  test(`${method} ${path} is refused as Ganeti does (${name})`, async () => {
    const reply = await rig.client.send(method, path, request);
    const theirs = captured<{ code: number; message: string; explain: string }>(name);
    const { error, ...ours } = reply.body as { error: Record<string, unknown> };
    assert.equal(reply.status, theirs.code);
    assert.deepEqual(ours, theirs);
    assert.deepEqual(Object.keys(error), ['code', 'what', 'why', 'todo', 'facts']);
    assert.ok(!reply.text.includes('.ts:'), 'no stack trace');
  });
}

test('a kind that cannot be queried, or a path, that nobody knows is not found (Ganeti: 502); the nearest one is told', async () => {
  assert.equal(captured<{ code: number }>('query-nosuch').code, 502);
  const errorOf = async (path: string) => {
    const { status, body } = await rig.client.send('GET', path, { user: writer });
    const { code, facts } = (body as { error: { code: string; facts: Record<string, unknown> } }).error;
    return [status, code, facts['did_you_mean']];
  };
  for (const path of ['/2/query/nose?fields=name', '/2/query/nose/fields'])
    assert.deepEqual(await errorOf(path), [404, 'API_QUERY_KIND_UNKNOWN', 'node'], path);
  assert.deepEqual(await errorOf('/2/query/zork?fields=name'), [404, 'API_QUERY_KIND_UNKNOWN', undefined]);
  assert.deepEqual(await errorOf('/2/insatnces'), [404, 'API_PATH_UNKNOWN', '/2/instances']);
  assert.deepEqual(await errorOf('/2/'), [404, 'API_PATH_UNKNOWN', '/2']);
  assert.deepEqual(await errorOf('/2/nodes/node1/'), [404, 'API_PATH_UNKNOWN', '/2/nodes/node1'], 'without the slash at the end');
  assert.deepEqual(await errorOf('/2/foo'), [404, 'API_PATH_UNKNOWN', undefined]);
  assert.deepEqual(await errorOf(`/${'x'.repeat(2000)}`), [404, 'API_PATH_UNKNOWN', undefined]);
});

test('a refusal for lack of credentials carries the challenge', async () => {
  const reply = await rig.client.send('GET', '/2/info');
  assert.equal(reply.status, 401);
  assert.equal(reply.headers['www-authenticate'], 'Basic realm="Ganeti Remote API"');
});

test('a filtered query answers as Ganeti does', async () => {
  const qfilter = ['|', ['=', 'name', 'inst2.r5.test'], ['==', 'name', 'inst5.r5.test']];
  const { body } = await rig.client.send('PUT', '/2/query/instance', {
    user: reader,
    body: { fields: ['name', 'status', 'pnode'], qfilter },
  });
  assert.deepEqual((body as { data: unknown }).data, captured<{ data: unknown }>('queryput-instance').data);
});

test('a parameter that is not a number is named', async () => {
  const reply = await rig.client.send('GET', '/2/nodes?bulk=yes', { user: reader });
  assert.equal(reply.status, 400);
  assert.equal((reply.body as { message: string }).message, 'Invalid value for the &#x27;bulk&#x27; parameter');
});

test('a name that is not well encoded is refused, not an internal error', async () => {
  const reply = await rig.client.send('GET', '/2/nodes/%zz', { user: reader });
  assert.equal(Math.floor(reply.status / 100), 4);
});

test('an error of ours tells the client no internals', async () => {
  const broken = await startApiRig({
    authorizer: {
      decide: () => {
        throw new TypeError('secret detail');
      },
    },
  });
  try {
    const reply = await broken.client.send('GET', '/2/info', { user: writer });
    assert.equal(reply.status, 500);
    assert.ok(!reply.text.includes('secret detail'));
    assert.equal((reply.body as { error: { code: string } }).error.code, 'INTERNAL');
  } finally {
    await broken.close();
  }
});
