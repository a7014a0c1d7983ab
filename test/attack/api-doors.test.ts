/** Whatever comes to the REST API is answered in its own form: never with an internal error, never with raw text. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { allRoutes } from '../../src/api/routes/all-routes.ts';
import { type ApiRig, reader, startApiRig, writer } from '../../src/api/testing/api-rig.ts';

let rig: ApiRig;
before(async () => {
  rig = await startApiRig();
});
after(() => rig.close());

/** Sends bytes as they are. @returns everything that comes until the server closes */
async function raw(text: string, protocol = 'http/1.1'): Promise<string> {
  const socket = connect({ ...rig.address, ca: rig.ca, servername: 'localhost', ALPNProtocols: [protocol] });
  await once(socket, 'secureConnect');
  let reply = '';
  socket.on('data', (piece: Buffer) => (reply += piece.toString()));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return reply;
}

interface ErrorBody {
  readonly code: number;
  readonly message: string;
  readonly explain: string;
  readonly error: { readonly code: string };
}

function errorOf(reply: string): ErrorBody {
  const [head = '', body = ''] = reply.split('\r\n\r\n');
  assert.match(head, /content-type: application\/json/i, reply.slice(0, 300));
  assert.match(head, /server: Ganeti 3\./i);
  assert.match(head, /x-content-type-options: nosniff/i);
  return JSON.parse(body) as ErrorBody;
}

const inherited = ['toString', '__proto__', 'constructor', 'hasOwnProperty', 'valueOf', '__defineGetter__'];

test('names that every object of JavaScript has are no kinds, fields or objects', async () => {
  for (const name of inherited) {
    for (const path of [
      `/2/query/${name}?fields=name`,
      `/2/query/${name}/fields`,
      `/2/query/instance?fields=${name}`,
      `/2/instances/${name}`,
      `/2/${name}`,
    ]) {
      const { status, text } = await rig.client.send('GET', path, { user: writer });
      assert.ok(status !== 500, `${path}: ${status} ${text}`);
    }
    for (const op of [
      { OP_ID: name },
      { OP_ID: 'OP_CLUSTER_SET_PARAMS', [name]: 1 },
      { OP_ID: 'OP_CLUSTER_SET_PARAMS', dry_run: true, hvparams: { [name]: {} }, osparams: { [name]: { [name]: 'x' } } },
      { OP_ID: 'OP_TAGS_SET', kind: name, tags: ['a'] },
    ]) {
      const { status, text } = await rig.client.send('POST', '/2/jobs', { user: writer, body: { ops: [op] } });
      assert.ok(status !== 500, `${JSON.stringify(op)}: ${status} ${text}`);
    }
    const filter = { fields: ['name'], qfilter: [name, 'name', 'x'] };
    assert.ok((await rig.client.send('PUT', '/2/query/instance', { user: writer, body: filter })).status !== 500);
  }
});

test('what the HTTP parser refuses is answered in the form of every error', async () => {
  const bad = errorOf(await raw('GET / HTTP/9.9\r\n\r\n'));
  assert.deepEqual([bad.code, bad.error.code], [400, 'API_REQUEST_INVALID']);
  const large = errorOf(await raw(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`));
  assert.deepEqual([large.code, large.error.code], [431, 'API_HEAD_TOO_LARGE']);
  const path = await raw(
    `GET /2/instances/${'x'.repeat(400)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Basic ${btoa(reader)}\r\n\r\n`,
  );
  assert.deepEqual([errorOf(path).code, errorOf(path).error.code], [414, 'API_PATH_TOO_LONG']);
});

test('HTTP/1.0 is spoken, also where TLS offers nothing else', async () => {
  const reply = await raw(`GET /2/info HTTP/1.0\r\nauthorization: Basic ${btoa(reader)}\r\n\r\n`, 'http/1.0');
  assert.match(reply, /^HTTP\/1\.[01] 200 /);
});

test('every reply has the name of a server that Ganeti’s clients look for', async () => {
  for (const path of ['/healthz', '/2/info', '/2/nosuch', '/2/instances?bulk=1']) {
    assert.equal((await rig.client.send('GET', path, { user: reader })).headers['server'], 'Ganeti 3.0.2', path);
  }
});

/** Values that have broken servers, and whatever else. */
const odd = fc.oneof(
  fc.constantFrom(
    ...inherited,
    '%zz',
    '%00',
    '..',
    '',
    ' ',
    '\u2028',
    '-1',
    '1e999',
    'NaN',
    'null',
    'true',
    'inst1.r5.test',
    'node1',
    '14',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer().map(String),
);
const encoded = odd.map((text) => (/^%[z0]+$/.test(text) ? text : encodeURIComponent(text.toWellFormed())));
const anyJson = fc.jsonValue({ maxDepth: 3 });

const requests = fc.record({
  route: fc.constantFrom(...allRoutes.filter(({ path }) => !path.includes('wait') && !path.includes('join'))),
  values: fc.array(encoded, { minLength: 3, maxLength: 3 }),
  query: fc.array(fc.tuple(fc.oneof(encoded, fc.constantFrom('bulk', 'fields', 'dry-run', 'tag', 'force', 'role')), encoded), {
    maxLength: 3,
  }),
  body: fc.oneof(anyJson, fc.dictionary(fc.oneof(odd, fc.constantFrom('ops', 'OP_ID', 'name', 'fields', 'qfilter', 'hvparams')), anyJson)),
  opcode: fc.constantFrom(
    'OP_INSTANCE_CREATE',
    'OP_CLUSTER_SET_PARAMS',
    'OP_NETWORK_ADD',
    'OP_TAGS_SET',
    'OP_NODE_SET_PARAMS',
    'OP_GROUP_ADD',
  ),
});

const runs = Number(process.env['GANTRY_FUZZ_RUNS'] ?? 400);

test('random requests are answered, never with an internal error', { timeout: 240_000 }, async () => {
  const property = fc.asyncProperty(requests, async ({ route, values, query, body, opcode }) => {
    let value = 0;
    const path = route.path.replaceAll(/\{\w+\}/g, () => values[value++ % values.length] ?? '');
    const search = [...query.map(([name, text]) => `${name}=${text}`), 'dry-run=1'].join('&');
    const sent =
      route.path === '/2/jobs' && route.method === 'POST' ? { ops: [{ ...(body as object), OP_ID: opcode, dry_run: true }] } : body;
    const reply = await rig.client.send(route.method, `${path}?${search}`, {
      user: writer,
      ...(route.method === 'GET' ? {} : { body: sent }),
    });
    assert.ok(reply.status !== 500, `${route.method} ${path}?${search}: ${reply.status} ${reply.text}`);
    if (reply.status >= 400) assert.ok((reply.body as ErrorBody).error.code, reply.text);
  });
  await fc.assert(property, { seed: 2026, numRuns: runs, endOnFailure: true });
  assert.equal((await rig.client.send('GET', '/healthz')).status, 200);
});
