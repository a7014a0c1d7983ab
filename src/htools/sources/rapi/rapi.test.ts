import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { test } from 'node:test';
import { loadCluster } from '../load-cluster.ts';
import { dataFile, dataText } from '../testing/data-file.ts';
import { expectError } from '../testing/expect-error.ts';
import { selfSigned } from '../testing/self-signed.ts';
import { formatText } from '../text/format-text.ts';

const user = `Basic ${Buffer.from('admin:s3cret').toString('base64')}`;

/** Answers from the files of a real cluster, to one user; a list only in bulk, as it is asked for. */
const replay: RequestListener = (request, response) => {
  const url = new URL(request.url ?? '', 'http://x');
  const resource = /^\/2\/(groups|nodes|instances|info)$/.exec(url.pathname)?.[1];
  const bulk = url.searchParams.get('bulk') === '1';
  if (request.headers.authorization !== user) response.writeHead(401).end('{"code": 401}');
  else if (resource === undefined || bulk === (resource === 'info')) response.writeHead(404).end();
  else readFile(dataFile(`rapi/${resource}.json`)).then((body) => response.writeHead(200).end(body), assert.ifError);
};

async function serve(server: Server): Promise<AsyncDisposable & { readonly port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

test('over HTTPS, with a certificate that the cluster signed itself', async () => {
  await using server = await serve(createSecureServer(await selfSigned(), replay));
  const cluster = await loadCluster({ rapi: `https://admin:s3cret@127.0.0.1:${server.port}` });
  assert.equal(formatText(cluster), dataText('rapi/oracle.data'));
  assert.equal(cluster.nodes[0]?.hypervisor, 'fake');
});

test('over HTTP, also without naming the protocol', async () => {
  await using server = await serve(createServer(replay));
  for (const address of [`http://admin:s3cret@127.0.0.1:${server.port}/`, `admin:s3cret@127.0.0.1:${server.port}`]) {
    assert.equal(formatText(await loadCluster({ rapi: address })), dataText('rapi/oracle.data'));
  }
});

test('from a folder', async () => {
  assert.equal(formatText(await loadCluster({ rapi: `file://${dataFile('rapi')}` })), dataText('rapi/oracle.data'));
});

test('a wrong password is refused, and not repeated in the error', async () => {
  await using server = await serve(createServer(replay));
  const address = `http://admin:wr0ng@127.0.0.1:${server.port}`;
  await expectError(() => loadCluster({ rapi: address }), 'HTOOLS_RAPI_REFUSED', /^(?!.*wr0ng).*status 401/);
});

test('nobody there', async () => {
  const gone = await serve(createServer(replay));
  await gone[Symbol.asyncDispose]();
  await expectError(() => loadCluster({ rapi: `http://a:b@127.0.0.1:${gone.port}` }), 'HTOOLS_RAPI_UNREACHABLE', /ECONNREFUSED/);
});

for (const address of ['http://', 'ftp://host:21', 'https://host:port']) {
  test(`no address: ${address}`, () => expectError(() => loadCluster({ rapi: address }), 'HTOOLS_RAPI_ADDRESS', /neither a host/));
}

test('what answers is no REST API', async () => {
  await using server = await serve(createServer((_, response) => response.end('<html>')));
  await expectError(() => loadCluster({ rapi: `http://127.0.0.1:${server.port}` }), 'HTOOLS_JSON_MALFORMED', /\/2\/\w+.* is not JSON/);
});

test('a folder without the files', () =>
  expectError(() => loadCluster({ rapi: 'file:///no/such/folder' }), 'HTOOLS_SOURCE_UNREADABLE', /ENOENT/));
