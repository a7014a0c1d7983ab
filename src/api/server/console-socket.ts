import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import type { Principal } from '../../access/index.ts';
import { type ConnectionGuard, GantryError, longTimeout } from '../../base/index.ts';
import type { ConsoleKind } from '../../model/index.ts';
import type { ApiContext } from '../api-options.ts';
import { needRunning } from '../routes/instance-console.ts';
import { findInstance } from '../routes/instance-routes.ts';
import type { Route } from '../routes/route.ts';
import { describeError } from './describe-error.ts';
import type { Gate } from './gate.ts';
import { rawReply } from './raw-reply.ts';
import { routeTable } from './route-table.ts';

export interface ConsoleSockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

const pingMs = 20_000;
const messageBytes = 256 * 1024;
const lastWordsMs = 2000;

interface OpenedConsole {
  readonly user: Principal;
  readonly instance: string;
  readonly kind: ConsoleKind;
  readonly console: Duplex;
}

/** WebSockets with the serial and VNC consoles of instances. A refused upgrade is answered like any other refused request. */
export function createConsoleSockets(
  context: ApiContext,
  gate: Gate,
  challenge: string,
  routes: readonly Route[],
  guard: ConnectionGuard,
): ConsoleSockets {
  const { log } = context.services;
  const table = routeTable(routes.filter(({ path }) => path.endsWith('/console/stream') || path.endsWith('/console/vnc')));
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: messageBytes });

  async function open(request: IncomingMessage): Promise<OpenedConsole> {
    const address = request.socket.remoteAddress ?? '';
    const user = await gate.identify({
      method: request.method ?? 'GET',
      address,
      headers: request.headers,
      socket: request.socket,
      upgrade: true,
    });
    guard.trust(request.socket);
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const found = table.match('GET', path);
    if (!found) throw new GantryError('API_PATH_UNKNOWN', { path });
    await gate.permit(user, found.route, found.params);
    const instance = findInstance(found.params['instance_name'], context);
    needRunning(instance, context);
    const kind = found.route.path.endsWith('/vnc') ? 'vnc' : 'serial';
    return { user, instance: instance.name, kind, console: await context.openConsole(instance.primary_node, instance.uuid, kind) };
  }

  async function connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { user, instance, kind, console } = await open(request);
    // The idle limit of HTTP does not fit a console; pings find dead clients.
    (socket as Socket).setTimeout(0);
    log.info({ audit: true, user: user.name, action: 'console', kind, instance }, 'console opened');
    let taken = false;
    sockets.handleUpgrade(request, socket, head, (client) => {
      taken = true;
      const started = context.services.clock.now();
      endInTime(client, user, started);
      passBytes(client, console).then(
        () => log.info({ user: user.name, instance, ms: Math.round(context.services.clock.now() - started) }, 'console closed'),
        (error: unknown) => log.info({ err: error, user: user.name, instance }, 'console broke off'),
      );
    });
    // The client has gone meanwhile, or its request was no proper upgrade: nobody else would give the console back.
    if (!taken) console.destroy();
  }

  return {
    upgrade(request, socket, head) {
      socket.on('error', (error) => log.debug({ err: error }, 'a connection broke before the console was open'));
      connect(request, socket, head).catch((thrown: unknown) => {
        const error = describeError(thrown, context.limits.bodyBytes);
        if (error.definition.kind === 'bug') log.error({ err: thrown }, 'a console failed by a defect');
        refuse(socket, error, challenge);
      });
    },
    close: () => {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
    },
  };
}

/** WebSocket's status for what a policy forbids. */
const policyViolation = 1008;

/** A console outlives the request that opened it, but not the credentials. */
function endInTime(client: WebSocket, { limits }: Principal, now: number): void {
  if (limits?.until === undefined) return;
  const end = () => {
    client.close(policyViolation, 'the credentials have expired');
    // A client that does not answer is not heard either.
    setTimeout(() => client.terminate(), lastWordsMs).unref();
  };
  client.once('close', longTimeout(limits.until - now, end));
}

/** Both ways until either side ends. */
async function passBytes(client: WebSocket, console: Duplex): Promise<void> {
  const stream = createWebSocketStream(client);
  let alive = true;
  client.on('pong', () => (alive = true));
  const pinging = setInterval(() => {
    if (!alive) return client.terminate();
    alive = false;
    client.ping();
  }, pingMs);
  const end = () => {
    console.destroy();
    // Of a connection that broke, it would wait for ever for what is not sent any more.
    stream.destroy();
  };
  // What the client sent last still reaches the guest; the guest itself would never end the stream.
  client.once('close', () => {
    if (console.writableFinished) end();
    console.once('finish', end);
    setTimeout(end, lastWordsMs).unref();
  });
  try {
    await pipeline(stream, console, stream);
  } finally {
    clearInterval(pinging);
    console.destroy();
    client.close();
  }
}

function refuse(socket: Duplex, error: GantryError, challenge: string): void {
  socket.end(rawReply(error, error.definition.http === 401 ? { 'www-authenticate': challenge } : {}));
}
