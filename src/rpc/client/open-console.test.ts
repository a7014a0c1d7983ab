import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createPlainServer } from 'node:net';
import { duplexPair } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { Loopback, withCode } from '../testing/loopback.ts';

const node = 'node-uuid';

describe('opening a console', () => {
  let loopback: Loopback;
  const closers: (() => void)[] = [];
  before(async () => {
    loopback = await Loopback.create();
  });
  after(async () => {
    for (const close of closers) close();
    await loopback.close();
  });

  /** An agent that answers every request for a console with this. */
  const answering = async (status: number, body: string) => {
    const { key, certificate, fingerprint } = await loopback.credentials({ role: 'node' });
    const paths: (string | undefined)[] = [];
    const server = createServer({ key, cert: certificate });
    server.on('upgrade', (request, socket) => {
      paths.push(request.url);
      socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
    });
    closers.push(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { paths, target: { name: 'n1', address: '127.0.0.1', port, fingerprint } };
  };

  test('asks for the kind that is wanted, and fails with what the agent reports', async () => {
    const error = { code: 'CONSOLE_MISSING', what: 'w', why: '', todo: '', facts: { instance: 'i', problem: 'it is off' } };
    const { paths, target } = await answering(404, JSON.stringify({ error }));
    const client = await loopback.client(target);
    for (const kind of [undefined, 'serial', 'vnc'] as const)
      await assert.rejects(client.openConsole(node, 'i 1', kind), withCode('CONSOLE_MISSING', /it is off/));
    assert.deepEqual(paths, ['/rpc/console/i%201', '/rpc/console/i%201', '/rpc/vnc/i%201']);
  });

  test('calls an answer garbled that is none', async () => {
    for (const body of ['<html>', '{}', 'null']) {
      const { target } = await answering(500, body);
      await assert.rejects((await loopback.client(target)).openConsole(node, 'i'), withCode('NODE_GARBLED', /n1.*console/));
    }
  });

  test('fails at a node that is another one, at one that does not listen, and at one that is not known', async () => {
    const [line] = duplexPair();
    const agent = await loopback.agent(async () => [], { openConsole: async () => line });
    const stranger = await loopback.client({ ...agent.target, fingerprint: 'f'.repeat(64) });
    await assert.rejects(stranger.openConsole(node, 'i'), withCode('NODE_IDENTITY_WRONG', /127\.0\.0\.1:\d+.*its key is that of "n1"/));
    await agent.server.close();
    const late = await loopback.client(agent.target);
    await assert.rejects(
      late.openConsole(node, 'i'),
      withCode('NODE_UNREACHABLE', /n1 cannot be reached at 127\.0\.0\.1:\d+: .*ECONNREFUSED/),
    );
    const lost = await loopback.client(undefined);
    await assert.rejects(lost.openConsole(node, 'i'), withCode('NODE_UNREACHABLE', /node-uuid/));
  });

  test('waits no longer than it should', async () => {
    const server = createPlainServer(() => undefined);
    closers.push(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const target = { name: 'n1', address: '127.0.0.1', port, fingerprint: 'f' };
    const client = await loopback.client(target, { progressTimeoutMs: 50 });
    await assert.rejects(client.openConsole(node, 'i'), withCode('NODE_UNREACHABLE', /handshake has timed out/));
  });

  test('that broke before anybody listens does not end the process', async () => {
    const [line] = duplexPair();
    const agent = await loopback.agent(async () => [], { openConsole: async () => line });
    const console = await (await loopback.client(agent.target)).openConsole(node, 'i');
    const closed = new Promise((resolve) => console.once('close', resolve));
    console.destroy(new Error('nobody listens yet'));
    await closed;
  });
});
