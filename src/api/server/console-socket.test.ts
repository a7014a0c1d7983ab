import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { mock, test } from 'node:test';
import { WebSocket } from 'ws';
import { until } from '../../../test/support/until.ts';
import { GantryError } from '../../base/index.ts';
import type { ApiContext } from '../api-options.ts';
import type { Route } from '../routes/route.ts';
import { createConsoleSockets } from './console-socket.ts';
import type { Arrival, Gate } from './gate.ts';

const alice = { name: 'alice', scheme: 'users-file', groups: [], options: [] };

const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
};

/** A server with the consoles of one instance, what it logged, and whom it asked. */
async function consolesOf(openConsole: () => Promise<Duplex>, identify: Gate['identify'] = async () => alice) {
  const logged: [text: string, facts: Record<string, unknown>][] = [];
  const asked: unknown[] = [];
  const note = (facts: Record<string, unknown>, text: string) => logged.push([text, facts]);
  const instance = { uuid: 'i1', name: 'web1', primary_node: 'n1', admin_state: 'up' };
  let time = 0;
  const context = {
    services: {
      log: { info: note, debug: () => undefined, error: note },
      clock: { now: () => (time += 700.4) },
      config: {
        current: { instances: { find: (name: string) => (name === 'web1' ? instance : undefined) }, nodes: new Map([['n1', {}]]) },
      },
      live: { instance: () => ({ node: 'n1', runtime: { state: 'running' } }), node: () => ({ stale: false }) },
      jobs: {},
    },
    openConsole: (...args: unknown[]) => {
      asked.push(args);
      return openConsole();
    },
    limits: { bodyBytes: 1 },
  } as unknown as ApiContext;
  const arrivals: Arrival[] = [];
  const gate = {
    identify: (arrival: Arrival) => {
      arrivals.push(arrival);
      return identify(arrival);
    },
    permit: async (user: { name: string }, { path }: Route, params: object) => void asked.push([user.name, path, params]),
  } as unknown as Gate;
  const trusted: unknown[] = [];
  const route = (path: string) => ({ method: 'GET', path }) as Route;
  const routes = [
    '/2/instances/{instance_name}/console/stream',
    '/2/instances/{instance_name}/console/vnc',
    '/2/instances/{instance_name}',
  ].map(route);
  const guard = { trust: (socket: unknown) => trusted.push(socket), watch: () => undefined, count: 0 };
  const consoles = createConsoleSockets(context, gate, 'Basic realm="x"', routes, guard);
  const server = createServer();
  const open = new Set<Socket>();
  server.on('connection', (socket) => open.add(socket));
  const timeouts: number[] = [];
  server.on('upgrade', (request, socket, head) => {
    const plain = socket as Socket;
    const real = plain.setTimeout.bind(plain);
    plain.setTimeout = (ms, callback) => {
      timeouts.push(ms);
      return real(ms, callback);
    };
    consoles.upgrade(request, socket, head);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connect = (path = '/2/instances/web1/console/stream?x=1', options = {}) => new WebSocket(`ws://127.0.0.1:${port}${path}`, options);
  const close = () => {
    consoles.close();
    for (const socket of open) socket.destroy();
    server.close();
  };
  return { port, connect, logged, asked, arrivals, trusted, timeouts, close };
}

/** What a refused upgrade is answered. */
async function refusal(socket: WebSocket) {
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  socket.on('error', () => undefined);
  socket.terminate();
  const { error } = JSON.parse(Buffer.concat(pieces).toString()) as { error: { code: string } };
  return [response.statusCode, error.code, response.headers['www-authenticate']];
}

test('a console is opened for a user who may, without the idle limit of HTTP, and its end is told', async () => {
  const console = new PassThrough();
  const { connect, logged, asked, arrivals, trusted, timeouts, close } = await consolesOf(async () => console);
  try {
    const socket = connect(undefined, { headers: { 'x-test': '1' } });
    await once(socket, 'open');
    assert.deepEqual(asked, [
      ['alice', '/2/instances/{instance_name}/console/stream', { instance_name: 'web1' }],
      ['n1', 'i1', 'serial'],
    ]);
    const [arrival] = arrivals;
    assert.deepEqual([arrival?.method, arrival?.address, arrival?.upgrade, arrival?.headers['x-test']], ['GET', '127.0.0.1', true, '1']);
    assert.deepEqual([trusted.length, timeouts.at(-1)], [1, 0]);
    socket.close();
    await once(console, 'close');
    await settle();
    const audit = { audit: true, user: 'alice', action: 'console', kind: 'serial', instance: 'web1' };
    assert.deepEqual(logged[0], ['console opened', audit]);
    assert.match(String(logged[1]?.[0]), /^console (closed|broke off)$/);
    assert.equal(logged[1]?.[1]['user'], 'alice');
  } finally {
    close();
  }
});

test('a console ends with the credentials that opened it', async () => {
  const console = new PassThrough();
  const { connect, close } = await consolesOf(
    async () => console,
    async () => ({ ...alice, limits: { until: 1500 } }),
  );
  try {
    const socket = connect();
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    assert.deepEqual([code, String(reason)], [1008, 'the credentials have expired']);
    if (!console.destroyed) await once(console, 'close');
  } finally {
    close();
  }
});

test('what cannot be opened is refused like any other request, a defect is told in the log alone', async () => {
  const failing = async (): Promise<Duplex> => {
    throw new TypeError('a defect');
  };
  const { connect, logged, asked, close } = await consolesOf(failing);
  try {
    assert.deepEqual(await refusal(connect()), [500, 'INTERNAL', undefined]);
    assert.deepEqual(
      logged.map(([text]) => text),
      ['a console failed by a defect'],
    );
    asked.length = 0;
    assert.deepEqual(await refusal(connect('/2/instances/web1')), [404, 'API_PATH_UNKNOWN', undefined], 'another resource');
    assert.deepEqual(asked, []);
    assert.deepEqual(await refusal(connect('/2/instances/web2/console/vnc')), [404, 'API_OBJECT_UNKNOWN', undefined]);
    assert.equal(logged.length, 1);
  } finally {
    close();
  }
  const strangers = await consolesOf(failing, () => Promise.reject(new GantryError('API_UNAUTHENTICATED')));
  try {
    assert.deepEqual(await refusal(strangers.connect()), [401, 'API_UNAUTHENTICATED', 'Basic realm="x"']);
    assert.deepEqual([strangers.trusted, strangers.asked, strangers.logged], [[], [], []]);
  } finally {
    strangers.close();
  }
});

test('VNC is another console than the serial line', async () => {
  const { connect, asked, logged, close } = await consolesOf(async () => new PassThrough());
  try {
    await once(connect('/2/instances/web1/console/vnc'), 'open');
    assert.deepEqual(asked.at(-1), ['n1', 'i1', 'vnc']);
  } finally {
    close();
  }
  await until('the end is told', () => logged.length > 1 || undefined);
});

test('a connection that breaks ends its console, whatever the guest still says', async () => {
  for (const guest of [new PassThrough(), new Duplex({ read: () => undefined, write: (_piece, _encoding, done) => done() })]) {
    const { connect, logged, close } = await consolesOf(async () => guest);
    try {
      const socket = connect();
      await once(socket, 'open');
      socket.send('hello');
      await settle();
      socket.terminate();
      await until('the end is told', async () => logged.length > 1 || undefined);
      assert.equal(guest.destroyed, true);
    } finally {
      close();
    }
  }
});

test('a client that does not answer pings is cut off, one that answers stays', async () => {
  // A real interval of a test before would not be cleared by what is put in its place here.
  await until('no interval of another test is left', () => !process.getActiveResourcesInfo().includes('Timeout') || undefined);
  mock.timers.enable({ apis: ['setInterval'] });
  const console = new PassThrough();
  const { connect, close } = await consolesOf(async () => console);
  try {
    const socket = connect();
    await once(socket, 'open');
    for (let time = 0; time < 3; time++) {
      const pinged = once(socket, 'ping');
      mock.timers.tick(20_000);
      await pinged;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(socket.readyState, WebSocket.OPEN);
    socket.pong = () => undefined;
    (socket as unknown as { _autoPong: boolean })._autoPong = false;
    const gone = once(console, 'close');
    mock.timers.tick(20_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(console.destroyed, false, 'one ping may be lost');
    mock.timers.tick(20_000);
    await gone;
  } finally {
    mock.timers.reset();
    close();
  }
});

test('a console that is open when its client has gone already is given back', async () => {
  const { promise, resolve } = Promise.withResolvers<Duplex>();
  const { connect, asked, logged, close } = await consolesOf(() => promise);
  try {
    const socket = connect();
    socket.on('error', () => undefined);
    while (asked.length < 2) await settle();
    socket.terminate();
    await new Promise((one) => setTimeout(one, 50));
    const console = new PassThrough();
    resolve(console);
    await once(console, 'close');
    assert.deepEqual(
      logged.map(([text]) => text),
      ['console opened'],
    );
  } finally {
    close();
  }
});

test('a console is given back when its request turns out to be no proper upgrade', async () => {
  const console = new PassThrough();
  const { port, close } = await consolesOf(async () => console);
  try {
    const asked = get({ port, path: '/2/instances/web1/console/stream', headers: { connection: 'upgrade', upgrade: 'websocket' } });
    const [[response]] = (await Promise.all([once(asked, 'response'), once(console, 'close')])) as [[IncomingMessage], unknown];
    assert.equal(response.statusCode, 400);
    response.resume();
  } finally {
    close();
  }
});

test('what the client said last reaches the guest, which would never end the stream itself', async () => {
  const heard: string[] = [];
  const console = new Duplex({
    read: () => undefined,
    write(piece: Buffer, _, done) {
      heard.push(piece.toString());
      done();
    },
  });
  const { connect, close } = await consolesOf(async () => console);
  try {
    const socket = connect();
    await once(socket, 'open');
    socket.send('last words');
    socket.close();
    await once(console, 'close');
    assert.deepEqual(heard, ['last words']);
  } finally {
    close();
  }
});
