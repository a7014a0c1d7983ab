import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { ErrorCode } from './errors/error-catalogue.ts';
import type { GantryError } from './errors/gantry-error.ts';
import { connectQmp, type QmpClient } from './qmp-client.ts';

const withCode = (code: ErrorCode) => (error: { code?: string }) => {
  assert.equal(error.code, code);
  return true;
};

const greeting = '{"QMP": {"version": {}, "capabilities": ["oob"]}}\r\n';

interface Command {
  readonly execute: string;
  readonly arguments: Record<string, unknown>;
  readonly id: number;
}

let directory: string;
let sockets = 0;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gantry-qmp-'));
});
after(() => rm(directory, { recursive: true }));

/** A QEMU that answers as `reply` says; `qmp_capabilities` it accepts by itself. */
async function withServer(
  reply: (socket: Socket, command: Command) => void,
  work: (path: string) => Promise<void>,
  first = greeting,
): Promise<void> {
  const path = join(directory, String(sockets++));
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.write(first);
    let rest = '';
    socket.on('data', (data) => {
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const command = JSON.parse(line) as Command;
        if (command.execute === 'qmp_capabilities') socket.write(`{"return": {}, "id": ${command.id}}\n`);
        else reply(socket, command);
      }
    });
  }).listen(path);
  await once(server, 'listening');
  try {
    await work(path);
  } finally {
    for (const socket of open) socket.destroy();
    server.close();
  }
}

const echo = (socket: Socket, { id, arguments: args }: Command) => socket.write(`${JSON.stringify({ return: args, id })}\n`);

async function withClient(reply: (socket: Socket, command: Command) => void, work: (client: QmpClient) => Promise<void>): Promise<void> {
  await withServer(reply, async (path) => {
    const client = await connectQmp(path, { lineLimit: 10_000 });
    try {
      await work(client);
    } finally {
      client.close();
    }
  });
}

describe('QMP client', () => {
  it('gives each caller its own answer, whatever the order', async () => {
    const held: (() => void)[] = [];
    const reply = (socket: Socket, command: Command) => {
      held.push(() => echo(socket, command));
      if (held.length === 3) for (const send of held.toReversed()) send();
    };
    await withClient(reply, async (client) => {
      const answers = await Promise.all([1, 2, 3].map((n) => client.execute('x', { n })));
      assert.deepEqual(answers, [{ n: 1 }, { n: 2 }, { n: 3 }]);
    });
  });

  it('reads any JSON in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.integer({ min: 1, max: 7 }), async (value, size) => {
        const expected = JSON.parse(JSON.stringify(value));
        const reply = async (socket: Socket, { id }: Command) => {
          const bytes = Buffer.from(`{"event":"E","data":{}}\n${JSON.stringify({ return: value, id })}\r\n`);
          for (let at = 0; at < bytes.length; at += size) {
            socket.write(bytes.subarray(at, at + size));
            await new Promise(setImmediate);
          }
        };
        await withClient(
          (socket, command) => void reply(socket, command),
          async (client) => assert.deepEqual(await client.execute('x'), expected),
        );
      }),
      { numRuns: 15, seed: 11 },
    );
  });

  it('hands on an error of QEMU and stays usable', async () => {
    const reply = (socket: Socket, command: Command) =>
      command.execute === 'bad'
        ? socket.write(`{"error": {"class": "GenericError", "desc": "no such disk"}, "id": ${command.id}}\n`)
        : echo(socket, command);
    await withClient(reply, async (client) => {
      await assert.rejects(client.execute('bad'), (error: GantryError) => {
        assert.match(error.message, /bad: no such disk/);
        return withCode('HYPERVISOR_QMP_REFUSED')(error);
      });
      assert.deepEqual(await client.execute('good', { a: 1 }), { a: 1 });
    });
  });

  it('hands on events to listeners and iterators', async () => {
    const reply = (socket: Socket, command: Command) => {
      for (const n of [1, 2]) socket.write(`{"event": "TICK", "data": {"n": ${n}}, "timestamp": {}}\n`);
      socket.write('{"event": "BARE"}\n');
      echo(socket, command);
    };
    await withClient(reply, async (client) => {
      const heard: string[] = [];
      const stop = client.onEvent(({ event }) => heard.push(event));
      const iterator = client.events();
      const first = iterator.next();
      await client.execute('x');
      stop();
      await client.execute('x');
      assert.deepEqual(heard, ['TICK', 'TICK', 'BARE']);
      assert.deepEqual((await first).value, { event: 'TICK', data: { n: 1 } });
      assert.deepEqual((await iterator.next()).value, { event: 'TICK', data: { n: 2 } });
      assert.deepEqual((await iterator.next()).value, { event: 'BARE', data: {} });
      client.close();
      const rest: string[] = [];
      for await (const { event } of iterator) rest.push(event);
      assert.deepEqual(rest, ['TICK', 'TICK', 'BARE']);
    });
  });

  it('gives up a command that is not answered and ignores its late answer', async () => {
    let late: (() => void) | undefined;
    const reply = (socket: Socket, command: Command) => {
      if (command.execute === 'slow') late = () => echo(socket, command);
      else {
        late?.();
        echo(socket, command);
      }
    };
    await withClient(reply, async (client) => {
      await assert.rejects(client.execute('slow', {}, 30), withCode('HYPERVISOR_QMP_TIMED_OUT'));
      assert.deepEqual(await client.execute('quick', { b: 2 }), { b: 2 });
    });
  });

  it('fails every command under way when the connection is lost', async () => {
    await withClient(
      (socket, { execute }) => execute === 'last' && socket.destroy(),
      async (client) => {
        const outcomes = await Promise.allSettled([client.execute('one'), client.execute('last')]);
        for (const outcome of outcomes) withCode('HYPERVISOR_QMP_LOST')((outcome as PromiseRejectedResult).reason);
        assert.equal((await client.closed).code, 'HYPERVISOR_QMP_LOST');
        await assert.rejects(client.execute('after'), withCode('HYPERVISOR_QMP_LOST'));
      },
    );
  });

  for (const [what, garbage] of [
    ['text', 'Segmentation fault\n'],
    ['a JSON value that is no object', '[1]\n'],
    ['a text in JSON', '"hello"\n'],
    ['an object of no known kind', '{"hello": 1}\n'],
    ['an answer to nothing', '{"return": {}, "id": 4711}\n'],
    ['an answer without id', '{"error": {"class": "GenericError", "desc": "JSON parse error"}}\n'],
    ['bytes', Buffer.from([0, 255, 254, 10])],
    ['an endless line', 'x'.repeat(20_000)],
  ] as const) {
    it(`takes ${what} for an error`, async () => {
      await withClient(
        (socket) => socket.write(garbage),
        async (client) => {
          await assert.rejects(client.execute('x'), withCode('HYPERVISOR_QMP_GARBLED'));
          assert.equal((await client.closed).code, 'HYPERVISOR_QMP_GARBLED');
        },
      );
    });
  }

  it('takes a second answer to the same command for an error', async () => {
    await withClient(
      (socket, command) => {
        echo(socket, command);
        if (command.execute === 'twice') echo(socket, command);
      },
      async (client) => {
        assert.deepEqual(await client.execute('twice'), {});
        const { code, facts } = await client.closed;
        assert.equal(code, 'HYPERVISOR_QMP_GARBLED');
        assert.match(String(facts['problem']), /^an answer to a command that was never sent, id \d+$/);
      },
    );
  });

  it('tells what QEMU refused, and that it gave no reason', async () => {
    const errors = ['{"class": "CommandNotFound", "desc": "no such command"}', '{}'];
    await withClient(
      (socket, { id }) => socket.write(`{"error": ${errors.shift()}, "id": ${id}}\n`),
      async (client) => {
        const factsOf = (error: GantryError) => error.facts;
        assert.deepEqual(await client.execute('one').catch(factsOf), {
          command: 'one',
          problem: 'no such command',
          class: 'CommandNotFound',
        });
        assert.deepEqual(await client.execute('two').catch(factsOf), { command: 'two', problem: 'no text', class: 'unknown' });
      },
    );
  });

  it('skips empty lines, and takes an answer without a value for null', async () => {
    await withClient(
      (socket, { id }) => socket.write(`\r\n\n {"return": null, "id": ${id}} \r\n`),
      async (client) => assert.equal(await client.execute('x'), null),
    );
  });

  it('accepts lines up to its limit, and tells a longer one whole or unfinished', async () => {
    const answerOf = (id: number, length: number) => {
      const empty = JSON.stringify({ return: '', id }).length;
      return `${JSON.stringify({ return: 'x'.repeat(length - empty), id })}\n`;
    };
    for (const [extra, cut] of [
      [0, 0],
      [1, 0],
      [1, 1],
    ] as const) {
      await withClient(
        (socket, { id }) => socket.write(answerOf(id, 10_000 + extra).slice(0, cut === 0 ? undefined : -cut)),
        async (client) => {
          const answer = client.execute('x');
          if (extra === 0) return assert.equal(String(await answer).slice(0, 3), 'xxx');
          await assert.rejects(answer, ({ facts }: GantryError) => facts['problem'] === 'a line of more than 10000 characters');
        },
      );
    }
  });

  it('shows the beginning of what it does not understand', async () => {
    for (const [garbage, problem] of [
      ['x'.repeat(200), 'x'.repeat(200)],
      ['x'.repeat(201), `${'x'.repeat(200)}…`],
      ['null', 'null'],
      ['[1]', '[1]'],
      ['{"hello":1}', '{"hello":1}'],
      ['{"return":1}', 'an answer without id: {"return":1}'],
      ['{"return":1,"id":"7"}', 'an answer without id: {"return":1,"id":"7"}'],
    ] as const) {
      await withClient(
        (socket) => socket.write(`${garbage}\n`),
        async (client) => assert.equal(await client.execute('x').catch(({ facts }: GantryError) => facts['problem']), problem),
      );
    }
  });

  it('tells no event that stands behind garbage', async () => {
    await withClient(
      (socket) => socket.write('garbage\n{"event": "LATE"}\n'),
      async (client) => {
        const heard: string[] = [];
        client.onEvent(({ event }) => heard.push(event));
        await assert.rejects(client.execute('x'), withCode('HYPERVISOR_QMP_GARBLED'));
        assert.deepEqual(heard, []);
      },
    );
  });

  it('names the command and the time in seconds when there is no answer, and leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const reply = (socket: Socket, command: Command) => command.execute === 'good' && echo(socket, command);
    await withServer(reply, async (path) => {
      const before = timers();
      const client = await connectQmp(path, { socketName: 'web1' });
      const factsOf = ({ facts }: GantryError) => facts;
      assert.deepEqual(await client.execute('slow', {}, 20).catch(factsOf), { socket: 'web1', command: 'slow', seconds: 0.02 });
      const both = client.executeAll([{ command: 'good' }, { command: 'slow' }], 20);
      assert.deepEqual(await both.catch(factsOf), { socket: 'web1', command: 'good, slow', seconds: 0.02 });
      await client.execute('good');
      await client.executeAll([{ command: 'good' }, { command: 'good' }]);
      assert.equal(timers() - before, 0);
      const lost = client.execute('slow').catch((error: GantryError) => error.facts['problem']);
      client.close();
      assert.equal(await lost, 'closed by the agent');
    });
    const error = await connectQmp(join(directory, 'nothing'), { socketName: 'web1' }).catch(({ facts }: GantryError) => facts);
    assert.deepEqual(error, { socket: 'web1', problem: `connect ENOENT ${join(directory, 'nothing')}` });
  });

  it('fails when there is no socket, no greeting, or another greeting', async () => {
    await assert.rejects(connectQmp(join(directory, 'nothing')), withCode('HYPERVISOR_QMP_LOST'));
    const reply = () => {};
    const options = { connectMs: 50 };
    await withServer(reply, (path) => assert.rejects(connectQmp(path, options), withCode('HYPERVISOR_QMP_TIMED_OUT')), '');
    await withServer(reply, (path) => assert.rejects(connectQmp(path), withCode('HYPERVISOR_QMP_GARBLED')), 'SSH-2.0\n');
  });
});

describe('several commands at once', () => {
  const three = [{ command: 'a' }, { command: 'b', args: { of: 'b' } }, { command: 'c' }];

  it('are written together, and give what came of each in their order', async () => {
    const got: Command[] = [];
    const answer = (socket: Socket, command: Command) => {
      if (got.push(command) < 3) return;
      const [a, b, c] = got;
      socket.write(`{"return": 3, "id": ${c?.id}}\n{"error": {"class": "GenericError", "desc": "none"}, "id": ${b?.id}}\n`);
      socket.write(`{"return": 1, "id": ${a?.id}}\n`);
    };
    await withServer(answer, async (path) => {
      const qmp = await connectQmp(path);
      const [first, second, third] = await qmp.executeAll(three);
      assert.deepEqual([first, third], [1, 3]);
      assert.equal((second as GantryError).code, 'HYPERVISOR_QMP_REFUSED');
      assert.deepEqual(
        got.map(({ arguments: args }) => args),
        [{}, { of: 'b' }, {}],
      );
      qmp.close();
    });
  });

  it('fail when one of them has no answer in time, and what comes late is no garbage', async () => {
    const late: (() => void)[] = [];
    const answer = (socket: Socket, { execute, id }: Command) => {
      const write = () => socket.write(`{"return": {}, "id": ${id}}\n`);
      if (execute === 'b') late.push(write);
      else write();
    };
    await withServer(answer, async (path) => {
      const qmp = await connectQmp(path);
      await assert.rejects(qmp.executeAll(three, 50), withCode('HYPERVISOR_QMP_TIMED_OUT'));
      for (const write of late) write();
      assert.deepEqual(await qmp.execute('a'), {});
      qmp.close();
      await assert.rejects(qmp.executeAll(three), withCode('HYPERVISOR_QMP_LOST'));
    });
  });

  it('fail together when the connection ends', async () => {
    await withServer(
      (socket) => void socket.destroy(),
      async (path) => {
        const qmp = await connectQmp(path);
        await assert.rejects(qmp.executeAll(three), withCode('HYPERVISOR_QMP_LOST'));
      },
    );
  });
});
