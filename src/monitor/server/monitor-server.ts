import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { TlsOptions } from 'node:tls';
import { createConnectionGuard } from '../../base/index.ts';
import { type Access, createAccessCheck } from './access.ts';
import { createAnswers } from './answer-request.ts';
import { createEventStreams } from './event-stream.ts';
import { type MetricsParts, metricsSource } from './metrics-source.ts';
import { type Reply, refusal } from './reply.ts';
import { parseSelection } from './select-reports.ts';
import { sendReply } from './send-reply.ts';
import { takeTurns } from './take-turns.ts';

export interface MonitorServer {
  /** The port that was taken, where 0 was asked for. */
  readonly port: number;
  /** Uses other certificates for connections to come. @throws Error when an authority or its list of revoked ones is to go */
  useTls(tls: TlsOptions): void;
  /** From the next request on, only these tokens are accepted. */
  useTokens(tokens: readonly string[]): void;
  close(): Promise<void>;
}

export interface ServerOptions extends MetricsParts {
  readonly host: string;
  readonly port: number;
  readonly access: Access;
  readonly tls?: TlsOptions;
}

/** Time-outs and limits, so that slow clients cannot harm others. */
const limits = {
  http: {
    keepAliveTimeout: 30_000,
    headersTimeout: 10_000,
    requestTimeout: 10_000,
    connectionsCheckingInterval: 2000,
    maxHeaderSize: 8192,
  },
  connections: 2000,
  connectionsPerAddress: 1500,
  handshake: 10_000,
  /** A client takes its reply within this time. */
  taking: 30_000,
  /** Bytes of replies that all clients together have not taken yet. */
  untaken: 32 * 1024 * 1024,
} as const;

/** For HTTPS: time for the handshake, and what HTTP/1.0 clients offer, whom TLS would refuse otherwise. */
const encrypted = { handshakeTimeout: limits.handshake, ALPNProtocols: ['http/1.1', 'http/1.0'] };

// An import of these modules would load the client side with all that fetch needs, too: 4 MB.
const http = () => process.getBuiltinModule('node:http');
const https = () => process.getBuiltinModule('node:https');

/** Serves what the cache holds. @throws the system's error when the address cannot be listened at */
export async function startMonitorServer(options: ServerOptions): Promise<MonitorServer> {
  const { host, port, cache, tls } = options;
  let isAllowed = createAccessCheck(options.access);
  const answer = createAnswers({ cache, metrics: metricsSource(options) });
  const streams = createEventStreams(cache);
  const watchTaking = createTakingWatch();
  const guard = createConnectionGuard({ total: limits.connections, perAddress: limits.connectionsPerAddress });

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const send = (reply: Reply) => sendReply(request, response, reply);
    if (!isAllowed(request)) return send(refusal(401, 'A token or a certificate of the cluster is needed'));
    guard.trust(request.socket);
    const { method, url = '/' } = request;
    if (method !== 'GET' && method !== 'HEAD') return send(refusal(405, 'Only GET and HEAD are answered'));
    const [path, search = ''] = url.split('?', 2);
    if (path !== '/1/events' && path !== '/2/events') return send(answer({ url, accept: request.headers.accept }));
    const selection = parseSelection(search);
    if (method === 'HEAD') return send({ status: 200, type: 'text/event-stream', body: '' });
    if (!streams.open(response, { selection, lastEventId: request.headers['last-event-id'] as string | undefined }))
      send(refusal(503, 'Too many event streams'));
  };
  const handle = takeTurns((request, response) => {
    try {
      serve(request, response);
    } catch (error) {
      if (error instanceof SyntaxError) sendReply(request, response, refusal(400, error.message));
      else response.destroy(error as Error);
    }
    watchTaking(response);
  });
  const server = tls ? https().createServer({ ...limits.http, ...encrypted, ...tls }, handle) : http().createServer(limits.http, handle);
  guard.watch(server);
  await listen(server, host, port);
  const address = server.address();
  let revoked = tls?.crl;
  return {
    port: typeof address === 'object' && address ? address.port : port,
    useTls: (next) => {
      // Without our own authority, TLS would trust public authorities; without the list, it would accept stolen certificates.
      for (const part of ['ca', 'crl'] as const) {
        if (tls?.[part] !== undefined && next[part] === undefined) throw new Error(`ca.${part === 'ca' ? 'crt' : 'crl'} is missing`);
      }
      (server as TlsServer).setSecureContext?.(next);
      // All connections end, so that no client continues with a revoked certificate; the others connect again.
      if (next.crl !== revoked) server.closeAllConnections();
      revoked = next.crl;
    },
    useTokens: (tokens) => {
      isAllowed = createAccessCheck({ ...options.access, tokens });
    },
    close: () =>
      new Promise((resolve) => {
        streams.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Disconnects clients that do not read a reply in time, and immediately if all unread replies together are too large. */
function createTakingWatch(): (response: ServerResponse) => void {
  let untaken = 0;
  const watch = (response: ServerResponse) => {
    const left = response.socket?.writableLength ?? 0;
    if (left === 0 || !response.writableEnded) return;
    if (untaken + left > limits.untaken) {
      response.destroy();
      return;
    }
    untaken += left;
    const timer = setTimeout(() => response.destroy(), limits.taking);
    response.once('close', () => {
      clearTimeout(timer);
      untaken -= left;
    });
  };
  // By then the system has taken what it can.
  return (response) => void setImmediate(watch, response);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
