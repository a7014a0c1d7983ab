import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { GantryError } from '../base/index.ts';
import { type Authority, certificateFingerprint, createAuthority, createCertificate, type JoinToken } from '../rpc/index.ts';
import { askToJoin, findMaster } from './join-request.ts';

let authority: Authority;
const servers: Server[] = [];
before(async () => {
  authority = await createAuthority('test');
});
after(() => {
  for (const server of servers) server.close();
});

/** A REST API that answers with this status and body, and what it was asked. */
async function master(status: number, body: string, role: 'server' | 'node' = 'server', now = Date.now()) {
  const { key, certificate } = await createCertificate(authority, { role, name: 'api', addresses: ['192.0.2.1'] }, { now });
  const asked: unknown[] = [];
  const chain = certificate.includes(authority.certificate.trim()) ? certificate : `${certificate}\n${authority.certificate}`;
  const server = createServer({ key, cert: chain }, async (request, response) => {
    asked.push([request.method, request.url, request.headers['content-type'], JSON.parse(await text(request))]);
    response.writeHead(status).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return { asked, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const tokenFor = (...addresses: string[]) =>
  ({ master: addresses, ca_sha256: certificateFingerprint(new X509Certificate(authority.certificate)) }) as unknown as JoinToken;
const ask = async (status: number, body: string) => {
  const { address } = await master(status, body);
  return askToJoin({ address, ca: authority.certificate }, { a: 1 }).catch((error: GantryError) => [
    error.code,
    { ...error.facts, address: '' },
  ]);
};

describe('looking for the master', () => {
  it('finds the first that answers with the CA of the token, and gives that', async () => {
    const { address, asked } = await master(200, '{}');
    const found = await findMaster(tokenFor(address, '127.0.0.1:1'));
    assert.deepEqual(found, { address, ca: `${authority.certificate.trim()}\n` });
    assert.equal((await findMaster(tokenFor('127.0.0.1:1', address))).address, address);
    assert.deepEqual(asked, [], 'nothing is sent');
  });

  it('says of each address why it is none', async () => {
    const plain = createTcpServer((socket) => socket.end('no TLS\n')).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const address = `127.0.0.1:${(plain.address() as AddressInfo).port}`;
    const error = (await findMaster(tokenFor('127.0.0.1:1', address)).catch((thrown: unknown) => thrown)) as GantryError;
    plain.close();
    assert.equal(error.code, 'JOIN_MASTER_UNREACHABLE');
    assert.equal(error.facts['addresses'], `127.0.0.1:1, ${address}`);
    assert.match(String(error.facts['problem']), new RegExp(`^127\\.0\\.0\\.1:1: .*ECONNREFUSED.*; ${address}: .+`));
    await assert.rejects(findMaster(tokenFor('nowhere')), {
      code: 'JOIN_TOKEN_MALFORMED',
      facts: { problem: 'it has an address without a port' },
    });
  });
});

describe('the request to join', () => {
  it('is one JSON body, and so is its answer', async () => {
    const { address, asked } = await master(200, '{"node_uuid": "u"}');
    assert.deepEqual(await askToJoin({ address, ca: authority.certificate }, { token_id: 't', port: 1 }), { node_uuid: 'u' });
    assert.deepEqual(asked, [['POST', '/2/nodes/join', 'application/json', { token_id: 't', port: 1 }]]);
  });

  it('fails with what the master reports, or with what is odd about its answer', async () => {
    const report = new GantryError('JOIN_TOKEN_INVALID').toReport();
    assert.deepEqual(await ask(403, JSON.stringify({ message: 'm', error: report })), ['JOIN_TOKEN_INVALID', { address: '' }]);
    const failed = (problem: string) => ['JOIN_FAILED', { address: '', problem }];
    assert.deepEqual(await ask(500, '{"message": "oops"}'), failed('status 500: oops'));
    assert.deepEqual(await ask(500, '{"message": "oops", "error": {"code": 5}}'), failed('status 500: oops'));
    assert.deepEqual(await ask(502, '<html>'), failed('status 502 and no JSON'));
    assert.deepEqual(await ask(200, '<html>'), failed('status 200 and no JSON'));
  });

  it('is sent to nobody but the REST API of the cluster', async () => {
    const stranger = await createAuthority('other');
    const { address, asked } = await master(200, '{}');
    await assert.rejects(askToJoin({ address, ca: stranger.certificate }, {}), { code: 'JOIN_CA_WRONG' });
    const node = await master(200, '{}', 'node');
    await assert.rejects(askToJoin({ address: node.address, ca: authority.certificate }, {}), ({ code, facts }: GantryError) => {
      assert.deepEqual([code, facts['problem']], ['JOIN_CA_WRONG', 'it is not the REST API']);
      return true;
    });
    assert.deepEqual([asked, node.asked], [[], []]);
    await assert.rejects(askToJoin({ address: '127.0.0.1:1', ca: authority.certificate }, {}), {
      code: 'JOIN_MASTER_UNREACHABLE',
      facts: { address: '127.0.0.1:1', addresses: '127.0.0.1:1', problem: 'connect ECONNREFUSED 127.0.0.1:1' },
    });
  });

  it('sends nothing while one of the clocks is wrong, and says so', async () => {
    for (const [now, problem] of [
      [Date.now() + 3_600_000, /not yet valid/],
      [Date.now() - 400 * 86_400_000, /expired/],
    ] as const) {
      const { address, asked } = await master(200, '{}', 'server', now);
      const error = (await askToJoin({ address, ca: authority.certificate }, {}).catch((thrown: unknown) => thrown)) as GantryError;
      assert.equal(error.code, 'JOIN_CLOCK_WRONG');
      assert.match(error.message, problem);
      assert.deepEqual(asked, []);
    }
  });
});
