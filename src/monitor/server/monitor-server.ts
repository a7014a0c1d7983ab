import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ReportCache } from '../scheduler/report-cache.ts';

export interface MonitorServer {
  /** The port that was taken, where 0 was asked for. */
  readonly port: number;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly cache: ReportCache;
}

/** A reply: JSON as text or bytes, or why there is none. */
type Reply = { readonly status: 200; readonly body: string | Buffer } | { readonly status: 404 | 405; readonly body: string };

const notFound: Reply = { status: 404, body: 'Resource not found' };
const noReport: Reply = { status: 404, body: 'Unable to produce a report for the requested resource' };

/** Ganeti's monitoring protocol, version 1. Every answer comes from the cache; nothing is collected for a request. */
export async function startMonitorServer({ host, port, cache }: ServerOptions): Promise<MonitorServer> {
  const server = createServer(
    { keepAliveTimeout: 30_000, headersTimeout: 10_000, requestTimeout: 10_000, maxHeaderSize: 8192 },
    (request, response) => send(request, response, answer(request, cache)),
  );
  server.maxConnections = 2000;
  await listen(server, host, port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
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

function answer({ method, url = '/' }: IncomingMessage, cache: ReportCache): Reply {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'Only GET and HEAD are answered' };
  const path = url.split('?', 1)[0] ?? '/';
  if (path === '/1/report/all') return { status: 200, body: cache.all() };
  const [first = '', second = '', third = '', ...rest] = path.split('/').filter((word) => word !== '');
  if (first === '') return { status: 200, body: '[1]' };
  if (first !== '1') return notFound;
  if (second === '') return { status: 200, body: 'null' };
  if (second === 'list' && third === 'collectors' && rest.length === 0) return { status: 200, body: listCollectors(cache) };
  if (second !== 'report') return notFound;
  const report = rest.length === 1 ? cache.find(third, rest[0] ?? '') : undefined;
  return report ? { status: 200, body: report.json } : noReport;
}

function listCollectors(cache: ReportCache): string {
  return JSON.stringify(
    cache.reports().map(({ collector }) => [collector.name, collector.category ?? 'default', collector.kind === 'status' ? 1 : 0]),
  );
}

function send(request: IncomingMessage, response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, {
    'content-type': status === 200 ? 'application/json' : 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
