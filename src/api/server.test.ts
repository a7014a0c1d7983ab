import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectPlain, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { GantryError } from '../base/index.ts';
import { allRoutes } from './routes/all-routes.ts';
import { type ApiRig, plain, reader, startApiRig, writer } from './testing/api-rig.ts';
import { httpsClient } from './testing/https-client.ts';
import { writeTestCertificate } from './testing/test-certificate.ts';

let rig: ApiRig;
before(async () => {
  rig = await startApiRig({ limits: { bodyBytes: 10_000, requestMs: 500, idleMs: 1500 } });
});
after(() => rig.close());

const codeOf = (body: unknown) => (body as { error: { code: string } }).error.code;

async function rawSocket(): Promise<TLSSocket> {
  const socket = connect({ ...rig.address, ca: rig.ca, servername: 'localhost' });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}

/** Everything the server sends until it closes. */
async function readAll(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.on('data', (piece: Buffer) => (text += piece.toString()));
  if (!socket.closed) await once(socket, 'close');
  return text;
}

test('only TLS is spoken', async () => {
  const socket = connectPlain(rig.address.port, rig.address.host);
  socket.on('error', () => undefined);
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  let text = '';
  socket.on('data', (piece) => (text += piece.toString('latin1')));
  await once(socket, 'close');
  assert.ok(!text.includes('200'), text);
});

test('healthz says ok and nothing else, to anybody', async () => {
  const reply = await rig.client.send('GET', '/healthz');
  assert.deepEqual([reply.status, reply.body], [200, 'ok']);
});

test('every reply carries the security headers', async () => {
  for (const path of ['/healthz', '/2/info', '/2/nosuch', '/2/instances?bulk=1']) {
    const { headers } = await rig.client.send('GET', path, { user: reader });
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.match(String(headers['content-security-policy']), /default-src 'none'/, path);
    assert.match(String(headers['cache-control']), /no-store|no-cache/, path);
    assert.ok(headers['strict-transport-security'], path);
    assert.equal(headers['access-control-allow-origin'], undefined, path);
  }
});

test('a body that is too large is refused', async () => {
  const reply = await rig.client.send('POST', '/2/jobs', { user: writer, body: { ops: ['x'.repeat(20_000)] } });
  assert.equal(reply.status, 413);
  assert.equal(codeOf(reply.body), 'API_BODY_TOO_LARGE');
});

test('an empty body with a content type is none, as Ganeti’s clients send it', async () => {
  const reply = await rig.client.send('GET', '/2/info', { user: reader, headers: { 'content-type': 'application/json' } });
  assert.equal(reply.status, 200);
  const put = await rig.client.send('PUT', '/2/instances/nobody/startup?dry-run=1', { user: writer, raw: '' });
  assert.equal(put.status, 200);
});

test('a client that sends its head or its body too slowly is cut off', async () => {
  const [head, body] = await Promise.all([rawSocket(), rawSocket()]);
  head.write('GET /2/info HTTP/1.1\r\nhost: x\r\n');
  const basic = Buffer.from(writer).toString('base64');
  body.write(
    `POST /2/jobs HTTP/1.1\r\nhost: x\r\nauthorization: Basic ${basic}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
  );
  const [first, second] = await Promise.all([readAll(head), readAll(body)]);
  for (const text of [first, second]) assert.ok(!text.includes(' 200 '), text);
  assert.equal((await rig.client.send('GET', '/healthz')).status, 200);
});

test('garbage is refused and the server goes on', async () => {
  const socket = await rawSocket();
  socket.write('\x00\x01 nonsense\r\n\r\n');
  const text = await readAll(socket);
  assert.ok(text === '' || text.startsWith('HTTP/1.1 400'), text);
  assert.equal((await rig.client.send('GET', '/healthz')).status, 200);
});

test('a page of another site cannot send changes, one of this server can', async () => {
  const send = (origin: string, method = 'PUT') =>
    rig.client.send(method, '/2/tags?tag=x&dry-run=1', { user: writer, headers: { origin } });
  assert.equal(codeOf((await send('https://evil.example')).body), 'API_CROSS_ORIGIN');
  assert.equal(codeOf((await send('null')).body), 'API_CROSS_ORIGIN');
  assert.equal((await send(`https://${rig.address.host}:${rig.address.port}`)).status, 200);
  assert.equal((await send('https://evil.example', 'GET')).status, 200);
});

test('an address that guesses is slowed down, also with the right password, and told for how long', async () => {
  const strict = await startApiRig({ limits: { refusalsPerMinute: 3 } });
  try {
    for (let guess = 0; guess < 3; guess += 1) {
      assert.equal((await strict.client.send('GET', '/2/info', { user: `admin:guess${guess}` })).status, 401);
    }
    const blocked = await strict.client.send('GET', '/2/info', { user: writer });
    assert.equal(blocked.status, 429);
    assert.ok(Number(blocked.headers['retry-after']) > 0);
    const body = { token_id: 'x', secret: 'y', csr: 'z', primary_ip: '10.0.0.1', agent_port: 1 };
    assert.equal((await strict.client.send('POST', '/2/nodes/join', { body })).status, 429);
  } finally {
    await strict.close();
  }
});

test('several listeners serve at once; a port that is taken is an error of the catalogue', async () => {
  const second = await rig.api.listen({ host: '127.0.0.1', port: 0 });
  const other = httpsClient(second, rig.ca);
  assert.equal((await other.send('GET', '/healthz')).status, 200);
  other.close();
  await assert.rejects(rig.api.listen(second), (error) => error instanceof GantryError && error.code === 'API_LISTEN_FAILED');
});

test('a listening socket that was inherited is served', async () => {
  const socket = createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  const child = fork(new URL('./testing/listen-on-descriptor.ts', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', fd, 'ipc'] });
  const ended = once(child, 'exit');
  try {
    const [{ port, ca }] = (await once(child, 'message')) as [{ port: number; ca: string }];
    // From here on only the child has it.
    socket.close();
    const client = httpsClient({ host: '127.0.0.1', port }, ca);
    assert.equal((await client.send('GET', '/healthz')).status, 200);
    client.close();
  } finally {
    child.disconnect();
    await ended;
  }
});

test('a new certificate is taken up without a restart; an unusable one changes nothing', async () => {
  const own = await startApiRig();
  try {
    const renewed = await writeTestCertificate(own.folder);
    await own.api.reloadTls();
    const client = httpsClient(own.address, renewed.pem);
    assert.equal((await client.send('GET', '/healthz')).status, 200);
    client.close();
    const stale = httpsClient(own.address, own.ca);
    await assert.rejects(stale.send('GET', '/healthz'));
    const { writeFile } = await import('node:fs/promises');
    await writeFile(renewed.key, 'no key');
    await assert.rejects(own.api.reloadTls(), (error) => error instanceof GantryError && error.code === 'API_TLS_UNUSABLE');
    const again = httpsClient(own.address, renewed.pem);
    assert.equal((await again.send('GET', '/healthz')).status, 200);
    again.close();
  } finally {
    await own.close();
  }
});

test('a node joins with a token, again with the same key; whoever has another key or token learns nothing', async () => {
  const body = { node_name: 'node5', ttl: 600, addresses: ['10.78.0.0/24'] };
  const made = await rig.client.send('POST', '/2/nodes/join-tokens', { user: writer, body });
  assert.equal(made.status, 200, made.text);
  const [id = '', secret = ''] = (made.body as { token: string }).token.split('.');
  const request = { token_id: id, secret, csr: 'request', primary_ip: '10.78.0.14', agent_port: 1811 };
  const wrong = await rig.client.send('POST', '/2/nodes/join', { body: { ...request, token_id: 'nonsense' } });
  assert.equal(codeOf(wrong.body), 'JOIN_TOKEN_INVALID');
  const joined = await rig.client.send('POST', '/2/nodes/join', { body: request });
  assert.equal(joined.status, 200, joined.text);
  assert.deepEqual(Object.keys(joined.body as object), ['node_uuid', 'certificate', 'ca', 'crl', 'job_id']);
  const again = await rig.client.send('POST', '/2/nodes/join', { body: request });
  const uuidOf = (body: unknown) => (body as { node_uuid: string }).node_uuid;
  assert.deepEqual([again.status, uuidOf(again.body)], [200, uuidOf(joined.body)]);
  const other = await rig.client.send('POST', '/2/nodes/join', { body: { ...request, csr: 'another key' } });
  assert.deepEqual((other.body as { error: object }).error, (wrong.body as { error: object }).error);
});

test('a node that is only configured is a row that has not joined, until it joins with a token for its name', async () => {
  const op = { OP_ID: 'OP_NODE_ADD', node_name: 'node6', primary_ip: '10.78.0.15', agent_port: 1811 };
  const submitted = await rig.client.send('POST', '/2/jobs', { user: writer, body: { ops: [op] } });
  await rig.client.send('GET', `/2/jobs/${submitted.body}/wait?fields=status`, { user: writer });
  const row = async () => {
    const { body } = await rig.client.send('GET', '/2/nodes/node6', { user: writer });
    const { role, offline, joined, mtotal } = body as Record<string, unknown>;
    return { role, offline, joined, mtotal };
  };
  assert.deepEqual(await row(), { role: 'O', offline: true, joined: false, mtotal: null });
  const made = await rig.client.send('POST', '/2/nodes/join-tokens', { user: writer, body: { node_name: 'node6', ttl: 600 } });
  const [token_id = '', secret = ''] = (made.body as { token: string }).token.split('.');
  const request = { token_id, secret, csr: 'of node6', primary_ip: '10.78.0.15', agent_port: 1811 };
  const joined = await rig.client.send('POST', '/2/nodes/join', { body: request });
  assert.equal(joined.status, 200, joined.text);
  const { offline, joined: hasJoined } = await row();
  assert.deepEqual([offline, hasJoined], [false, true]);
});

test('the OpenAPI page describes every resource, from the schemas that check', async () => {
  const { body } = await rig.client.send('GET', '/openapi.json', { user: plain });
  interface Operation {
    readonly operationId: string;
    readonly requestBody?: { content: Record<string, { schema: { properties: Record<string, unknown>; required?: string[] } }> };
    readonly parameters?: { name: string; in: string }[];
  }
  const page = body as { openapi: string; paths: Record<string, Record<string, Operation>> };
  assert.equal(page.openapi, '3.1.0');
  const ids = new Set<string>();
  for (const { method, path } of allRoutes) {
    const operation = page.paths[path]?.[method.toLowerCase()];
    assert.ok(operation, `${method} ${path}`);
    assert.ok(!ids.has(operation.operationId), operation.operationId);
    ids.add(operation.operationId);
    const inPath = (operation.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => `{${name}}`);
    assert.deepEqual(inPath, path.match(/\{\w+\}/g) ?? [], path);
  }
  const create = page.paths['/2/instances']?.['post']?.requestBody?.content['application/json']?.schema;
  assert.deepEqual(create?.required, ['__version__', 'name']);
  assert.ok(create && 'os' in create.properties && !('os_type' in create.properties));
});
