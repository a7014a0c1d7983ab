import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { gzipBody, wantsGzip } from '../../base/index.ts';
import type { Reply } from './reply.ts';

/** Below this (bytes) compression is not worth its header. */
const smallest = 1024;

/** At the end of the tag of a compressed body. */
const packedMark = '-gzip';

/** Sends a reply as its request wants it: compressed, without its body, or only that nothing has changed. */
export function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const plain = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  const packs = plain.length >= smallest && wantsGzip(request.headers['accept-encoding']);
  const headers: OutgoingHttpHeaders = { 'content-type': reply.type };
  if (reply.status === 401) headers['www-authenticate'] = 'Bearer';
  if (reply.status === 405) headers['allow'] = 'GET, HEAD';
  if (reply.status === 200) Object.assign(headers, { 'cache-control': 'no-cache', vary: 'accept, accept-encoding' });
  if (reply.etag !== undefined) {
    // Other bytes, another tag.
    headers['etag'] = packs ? reply.etag.replace(/"$/, `${packedMark}"`) : reply.etag;
    if (matches(request.headers['if-none-match'], reply.etag)) {
      response.writeHead(304, headers).end();
      return;
    }
  }
  if (packs) headers['content-encoding'] = 'gzip';
  const body = packs ? gzipBody(plain) : plain;
  if (reply.status !== 204) headers['content-length'] = body.length;
  response.writeHead(reply.status, headers);
  response.end(request.method === 'HEAD' || reply.status === 204 ? undefined : body);
}

/** Whether a list of entity tags names this one; those of compressed bodies are weak to some proxies. */
function matches(header: string | undefined, etag: string): boolean {
  const plain = (word: string) => word.trim().replace(/^W\//, '').replace(`${packedMark}"`, '"');
  return (header ?? '').split(',').some((word) => word.trim() === '*' || plain(word) === etag);
}
