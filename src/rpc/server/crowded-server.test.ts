import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { Loopback } from '../testing/loopback.ts';

type Agent = Awaited<ReturnType<Loopback['agent']>>;

/** A connection on which a master has said who it is; `check` fails when it does not stand any more. */
const masters: Record<string, (loopback: Loopback, agent: Agent) => Promise<{ check(): Promise<void>; end(): void }>> = {
  async 'a master that calls'(loopback, { port }) {
    const pool = await loopback.pool({ keepAlive: true });
    const ask = () => loopback.raw({ port, path: '/rpc/instance-list', agent: pool });
    const { lines, connection } = await ask();
    assert.deepEqual([lines.at(-1), connection], [{ result: [] }, 'keep-alive']);
    const idle = () => Object.values(pool.freeSockets).flat()[0];
    const before = await until('the connection is idle', idle);
    const check = async () => {
      assert.deepEqual((await ask()).lines.at(-1), { result: [] });
      assert.equal(await until('the connection is idle', idle), before, 'it goes on with the same connection');
    };
    return { check, end: () => pool.destroy() };
  },
  async 'a master with a console'(loopback, { target }) {
    const console = await (await loopback.client(target)).openConsole('node-uuid', 'i');
    console.on('error', () => console.destroy()).resume();
    return { check: async () => assert.equal(console.destroyed, false), end: () => console.destroy() };
  },
};

for (const [who, arrive] of Object.entries(masters))
  test(`strangers get no more than their share of an agent, and never the place of ${who}`, async () => {
    const loopback = await Loopback.create();
    const agent = await loopback.agent(async () => [], { openConsole: async () => duplexPair()[0] });
    const gone: Socket[] = [];
    const strangers: Socket[] = [];
    /** Connections that say nothing, from one of the addresses of this host. */
    const crowd = async (count: number, last: number) => {
      for (let each = 0; each < count; each++) {
        const socket = connect({ port: agent.port, host: '127.0.0.1', localAddress: `127.0.0.${last}` });
        socket.on('error', () => undefined).once('close', () => gone.push(socket));
        strangers.push(socket.resume());
        await once(socket, 'connect');
      }
    };
    try {
      // Its connection is one of the 200 that its address may have, and the one that has been open longest.
      const master = await arrive(loopback, agent);
      await crowd(200, 1);
      await until('the one too many is turned away', () => gone.length === 1);
      assert.equal(gone[0], strangers.at(-1));
      await crowd(150, 2);
      await crowd(150, 3);
      await crowd(1, 4);
      await until('somebody gives way', () => gone.length === 2);
      assert.equal(gone[1], strangers[0]);
      await master.check();
      assert.equal(gone.length, 2);
      master.end();
    } finally {
      for (const socket of strangers) socket.destroy();
      await loopback.close();
    }
  });
