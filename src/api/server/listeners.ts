import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from 'node:tls';
import { type ConnectionGuard, GantryError } from '../../base/index.ts';
import type { ApiLimits, ListenAddress } from '../api-options.ts';
import { answerUnreadable } from './answer-unreadable.ts';

export interface Listeners {
  open(where: ListenAddress | { readonly fd: number }): Promise<ListenAddress>;
  useTls(tls: TlsOptions): void;
  /** Whether every server takes connections. */
  listens(): boolean;
  close(): Promise<void>;
}

interface Handlers {
  readonly request: RequestListener;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

const goodbyeMs = 2000;

/** HTTPS servers that share their handlers, one for each address. */
export function createListeners(initialTls: TlsOptions, limits: ApiLimits, guard: ConnectionGuard, handlers: Handlers): Listeners {
  const servers = new Set<Server>();
  let tls = initialTls;
  return {
    async open(where) {
      const server = createServer(
        {
          ...tls,
          // What HTTP/1.0 clients offer (curl -0); without a protocol in common TLS would refuse them.
          ALPNProtocols: ['http/1.1', 'http/1.0'],
          handshakeTimeout: limits.helloMs,
          requestTimeout: limits.requestMs,
          headersTimeout: Math.min(limits.requestMs, limits.helloMs),
          connectionsCheckingInterval: Math.min(limits.requestMs, 2000),
          keepAliveTimeout: limits.idleMs,
        },
        handlers.request,
      );
      guard.watch(server);
      server.on('clientError', answerUnreadable);
      server.setTimeout(limits.idleMs, (socket) => socket.destroy());
      server.on('upgrade', handlers.upgrade);
      await listening(server, where);
      servers.add(server);
      const address = server.address();
      if (typeof address === 'object' && address) return { host: address.address, port: (address as AddressInfo).port };
      return { host: '', port: 0 };
    },
    useTls(next) {
      tls = next;
      for (const server of servers) server.setSecureContext(next);
    },
    listens: () => [...servers].every(({ listening: open }) => open),
    async close() {
      await Promise.all([...servers].map(closeServer));
      servers.clear();
    },
  };
}

function listening(server: Server, where: ListenAddress | { readonly fd: number }): Promise<void> {
  const address = 'fd' in where ? `descriptor ${where.fd}` : `${where.host}:${where.port}`;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new GantryError('API_LISTEN_FAILED', { address, problem: error.code ?? error.message }, { cause: error }));
    });
    server.listen(where, resolve);
  });
}

/** Lets running requests finish for a moment, then cuts what is left. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), goodbyeMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
