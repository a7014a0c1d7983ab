/** Connections that say nothing cannot keep others from a server: not from the REST API, the node agent or the monitoring agent. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { startApiRig, writer } from '../../src/api/testing/api-rig.ts';
import { systemClock } from '../../src/base/index.ts';

async function open(port: number, count: number, localAddress: string): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    socket.on('error', () => undefined);
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => undefined)));
  return sockets;
}

test('idle connections of one address are limited, and those of many make room', { timeout: 60_000 }, async () => {
  const rig = await startApiRig({ limits: { connections: 60, connectionsPerAddress: 20 } });
  const idle: Socket[] = [];
  try {
    idle.push(...(await open(rig.address.port, 100, '127.0.0.2')));
    for (let look = 0; idle.filter(({ closed }) => !closed).length > 20; look++) {
      assert.ok(look < 100, 'more than its share stays open');
      await systemClock.sleep(50);
    }
    for (let address = 3; address < 13; address++) idle.push(...(await open(rig.address.port, 20, `127.0.0.${address}`)));
    for (let time = 0; time < 5; time++) {
      rig.client.agent.destroy();
      assert.equal((await rig.client.send('GET', '/2/info', { user: writer })).status, 200);
    }
  } finally {
    for (const socket of idle) socket.destroy();
    await rig.close();
  }
});

test('who does not say hello, or not the head of a request, is cut off', { timeout: 30_000 }, async () => {
  const rig = await startApiRig({ limits: { helloMs: 300 } });
  try {
    const [silent] = (await open(rig.address.port, 1, '127.0.0.2')) as [Socket];
    if (!silent.closed) await once(silent, 'close');
    assert.equal((await rig.client.send('GET', '/healthz')).status, 200);
  } finally {
    await rig.close();
  }
});
