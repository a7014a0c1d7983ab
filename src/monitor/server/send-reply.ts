import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Reply } from './reply.ts';

/** Below this (bytes) compression is not worth its header. */
const smallest = 1024;

/** Compressed bodies by the bytes they were made of: the same report is compressed once for all who ask. */
const compressed = new WeakMap<Buffer, Promise<Buffer>>();

/** Sends a reply as its request wants it: compressed, without its body, or only that nothing has changed. */
export async function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const headers: OutgoingHttpHeaders = { 'content-type': reply.type };
  if (reply.status === 401) headers['www-authenticate'] = 'Bearer';
  if (reply.status === 405) headers['allow'] = 'GET, HEAD';
  if (reply.status === 200) Object.assign(headers, { 'cache-control': 'no-cache', vary: 'accept, accept-encoding' });
  if (reply.etag !== undefined) {
    headers['etag'] = reply.etag;
    if (matches(request.headers['if-none-match'], reply.etag)) {
      response.writeHead(304, headers).end();
      return;
    }
  }
  let body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  if (body.length >= smallest && wantsGzip(request.headers['accept-encoding'])) {
    body = await gzipped(body);
    headers['content-encoding'] = 'gzip';
  }
  if (reply.status !== 204) headers['content-length'] = body.length;
  response.writeHead(reply.status, headers);
  response.end(request.method === 'HEAD' || reply.status === 204 ? undefined : body);
}

function gzipped(body: Buffer): Promise<Buffer> {
  const known = compressed.get(body) ?? compress(body);
  compressed.set(body, known);
  return known;
}

async function compress(body: Buffer): Promise<Buffer> {
  // Loaded with the first reader that wants it.
  const { gzip } = await import('node:zlib');
  return new Promise((resolve, reject) => {
    gzip(body, { level: 1 }, (error, bytes) => (error ? reject(error) : resolve(bytes)));
  });
}

/** Whether a list of entity tags names this one; those of compressed bodies are weak to some proxies. */
function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((word) => word.trim() === '*' || word.trim().replace(/^W\//, '') === etag);
}

function wantsGzip(header: string | undefined): boolean {
  return (header ?? '').split(',').some((part) => {
    const [coding = '', quality = ''] = part.split(';').map((word) => word.trim().toLowerCase());
    return (coding === 'gzip' || coding === '*') && !/^q=0(\.0*)?$/.test(quality);
  });
}
