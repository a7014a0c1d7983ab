import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';

export interface HttpsReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly bytes: Buffer;
  /** The text as JSON. */
  readonly body: unknown;
}

export interface HttpsRequest {
  readonly user?: string;
  readonly body?: unknown;
  /** A body that is not made from JSON. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type HttpsClient = ReturnType<typeof httpsClient>;

/** A client that trusts one CA; `user` is `name:password`. */
export function httpsClient(address: { host: string; port: number }, ca: string) {
  const agent = new Agent({ keepAlive: true, ca, servername: 'localhost' });
  return {
    agent,
    close: () => agent.destroy(),
    send: (method: string, path: string, options: HttpsRequest = {}): Promise<HttpsReply> =>
      new Promise((resolve, reject) => {
        const payload = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
        const headers: Record<string, string> = {};
        if (options.user !== undefined) headers['authorization'] = `Basic ${Buffer.from(options.user).toString('base64')}`;
        if (payload !== undefined) headers['content-type'] = 'application/json';
        if (payload !== undefined) headers['content-length'] = String(Buffer.byteLength(payload));
        const sent = request({ ...address, method, path, agent, headers: { ...headers, ...options.headers } }, (reply) => {
          const pieces: Buffer[] = [];
          reply.on('data', (piece: Buffer) => pieces.push(piece));
          reply.on('error', reject);
          reply.on('end', () => {
            const bytes = Buffer.concat(pieces);
            const text = bytes.toString();
            const isJson = reply.headers['content-type']?.startsWith('application/json') && text !== '';
            resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text, bytes, body: isJson ? JSON.parse(text) : undefined });
          });
        });
        sent.on('error', reject);
        sent.end(payload);
      }),
  };
}
