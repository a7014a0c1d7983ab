import type { Duplex } from 'node:stream';
import { GantryError } from '../../base/index.ts';
import { rawReply } from './raw-reply.ts';

/** What the parser of HTTP refuses gets an answer like any other refused request. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Without a handshake there is nobody to read an answer.
  const isHttp = error.code?.startsWith('HPE_') || error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  if (!isHttp || !socket.writable) return void socket.destroy();
  // Nobody may wait for who does not take the answer.
  socket.on('error', () => undefined);
  socket.end(rawReply(describe(error)), () => socket.destroy());
}

function describe(error: NodeJS.ErrnoException): GantryError {
  const cause = { cause: error };
  if (error.code === 'HPE_HEADER_OVERFLOW') return new GantryError('API_HEAD_TOO_LARGE', {}, cause);
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new GantryError('API_REQUEST_TOO_SLOW', {}, cause);
  return new GantryError('API_REQUEST_INVALID', { problem: 'Bad request syntax or unsupported method' }, cause);
}
