import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { Loopback } from '../testing/loopback.ts';

test('strangers get no more than their share of an agent, and never the place of a master', async () => {
  const loopback = await Loopback.create();
  const agent = await loopback.agent(async () => []);
  const gone: Socket[] = [];
  const strangers: Socket[] = [];
  /** Connections that say nothing, from one of the addresses of this host. */
  const crowd = async (count: number, last: number) => {
    for (let each = 0; each < count; each++) {
      const socket = connect({ port: agent.port, host: '127.0.0.1', localAddress: `127.0.0.${last}` });
      strangers.push(
        socket
          .on('error', () => undefined)
          .once('close', () => gone.push(socket))
          .resume(),
      );
      await once(socket, 'connect');
    }
  };
  try {
    const pool = await loopback.pool({ keepAlive: true });
    const ask = () => loopback.raw({ port: agent.port, path: '/rpc/instance-list', agent: pool });
    const first = await ask();
    assert.deepEqual([first.line, first.connection], [{ result: [] }, 'keep-alive']);
    // The master's connection is one of the 200 that its address may have, and the one that has been open longest.
    await crowd(200, 1);
    await until('the one too many is turned away', () => gone.length === 1);
    assert.equal(gone[0], strangers.at(-1));
    await crowd(150, 2);
    await crowd(150, 3);
    await crowd(1, 4);
    await until('somebody gives way', () => gone.length === 2);
    assert.equal(gone[1], strangers[0]);
    const sockets = Object.values(pool.freeSockets).flat();
    assert.deepEqual((await ask()).line, { result: [] });
    assert.equal(Object.values(pool.freeSockets).flat()[0], sockets[0], 'it goes on with the same connection');
    assert.equal(gone.length, 2);
    pool.destroy();
  } finally {
    for (const socket of strangers) socket.destroy();
    await loopback.close();
  }
});
