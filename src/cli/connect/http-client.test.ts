import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { GantryError } from '../../base/index.ts';
import { createAuthority, createCertificate } from '../../rpc/index.ts';
import { authorization, connectionError, createHttpClient } from './http-client.ts';

interface Answer {
  readonly status?: number;
  readonly body?: string;
  /** Answers nothing. */
  readonly silent?: boolean;
}

let server: Server;
let ca = '';
let answer: Answer = {};
const seen: { method?: string; url?: string; headers: Record<string, unknown>; body: string }[] = [];

before(async () => {
  const authority = await createAuthority('test');
  ca = authority.certificate;
  const { key, certificate } = await createCertificate(authority, { role: 'server', name: 'gantry', addresses: ['127.0.0.1'] });
  server = createServer({ key, cert: certificate }, (request, response) => {
    let body = '';
    request.on('data', (piece) => (body += String(piece)));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      seen.push({ method, url, headers, body });
      if (!answer.silent) response.writeHead(answer.status ?? 200).end(answer.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const config = (more: object = {}) => ({ url: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`), ca, ...more });

async function ask(given: Answer, options?: Parameters<ReturnType<typeof createHttpClient>['request']>[2], method = 'GET') {
  answer = given;
  seen.length = 0;
  const client = createHttpClient(config({ credentials: { user: 'anna', password: 'a:b' } }));
  try {
    return await client.request(method, '/2/info', options);
  } finally {
    client.close();
  }
}

test('a request has its query, its body and who asks', async () => {
  const options = { query: { a: 1, b: undefined, c: 'x y' }, body: { name: 'ü' }, headers: { 'idempotency-key': 'k' } };
  assert.deepEqual(await ask({ body: '{"x":1}' }, options, 'PUT'), { x: 1 });
  const [request] = seen;
  assert.ok(request);
  const { method, url, headers, body } = request;
  assert.deepEqual([method, url, body], ['PUT', '/2/info?a=1&c=x+y', '{"name":"ü"}']);
  assert.deepEqual(
    ['accept', 'content-type', 'content-length', 'idempotency-key', 'authorization'].map((name) => headers[name]),
    ['application/json', 'application/json', '13', 'k', `Basic ${Buffer.from('anna:a:b').toString('base64')}`],
  );
  await ask({ body: '1' });
  assert.equal(seen[0]?.headers['content-type'], undefined);
});

test('an empty answer is null, one that is no JSON is told with its request', async () => {
  assert.equal(await ask({ body: ' \n' }), null);
  assert.equal(await ask({ status: 204 }), null);
  assert.equal(await ask({ status: 299, body: '7' }), 7);
  await assert.rejects(ask({ body: '{' }), { code: 'CLI_REPLY_UNREADABLE', message: /GET \/2\/info/ });
});

test('a refusal is an error with its status, whatever its body is', async () => {
  await assert.rejects(ask({ status: 404, body: '{"message":"Not Found","explain":"no"}' }), { status: 404, message: 'Not Found' });
  await assert.rejects(ask({ status: 502, body: '<html>' }), { status: 502, message: 'The cluster answered with status 502.' });
  await assert.rejects(ask({ status: 300, body: '1' }), { status: 300 });
  await assert.rejects(ask({ status: 500, body: '' }), { status: 500 });
});

test('a cluster that says nothing is given up after the time that was set; an abort has its own reason', async () => {
  await assert.rejects(ask({ silent: true }, { timeoutMs: 50 }), { code: 'TIMED_OUT', message: /GET \/2\/info.*0\.05/ });
  const abort = new AbortController();
  const reason = new Error('enough');
  const asked = ask({ silent: true }, { signal: abort.signal });
  abort.abort(reason);
  await assert.rejects(asked, reason);
});

test('a server is trusted by the authority that was named', async () => {
  const { ca: _ca, ...without } = config();
  for (const given of [without, { ...without, caFile: '/some/ca.pem', ca: (await createAuthority('other')).certificate }]) {
    const client = createHttpClient(given);
    await assert.rejects(client.request('GET', '/'), (error: GantryError) => {
      assert.deepEqual([error.code, error.facts['ca']], ['CLI_CERTIFICATE_REFUSED', 'caFile' in given ? '/some/ca.pem' : 'the system']);
      return true;
    });
    client.close();
  }
});

test('failures are sorted by what can be done about them', () => {
  const codeOf = (error: unknown) => connectionError(error, config()).code;
  for (const code of [
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_TLS_CERT_ROLE',
    'INVALID_PURPOSE',
  ])
    assert.equal(codeOf({ code, message: 'x' }), 'CLI_CERTIFICATE_REFUSED', code);
  assert.equal(codeOf({ code: 'ECONNREFUSED' }), 'CLI_CLUSTER_UNREACHABLE');
  assert.match(connectionError({ code: 'ECONNREFUSED', message: '' }, config()).message, /ECONNREFUSED/);
  assert.match(connectionError('text', config()).message, /text/);
  assert.match(connectionError(new AggregateError([new Error('a'), new Error('b')]), config()).message, /a; b$/);
  const own = connectionError({ code: 'CERT_HAS_EXPIRED' }, config());
  assert.equal(connectionError(own, config()), own);
});

test('without credentials nobody is named', () => {
  assert.deepEqual(authorization(config()), {});
  assert.deepEqual(authorization(config({ credentials: { user: 'a', password: 'b' } })), { authorization: 'Basic YTpi' });
});
