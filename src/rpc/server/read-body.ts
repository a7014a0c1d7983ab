import type { IncomingMessage } from 'node:http';
import { GantryError } from '../../base/index.ts';
import { requestLimitBytes } from '../wire.ts';

/** Reads a request's body as JSON. @throws RPC_REQUEST_TOO_LARGE, RPC_REQUEST_UNREADABLE */
export async function readBody(request: IncomingMessage, method: string): Promise<unknown> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > requestLimitBytes) throw new GantryError('RPC_REQUEST_TOO_LARGE', { method, limit: requestLimitBytes });
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch (error) {
    throw new GantryError('RPC_REQUEST_UNREADABLE', { problem: 'its body is not JSON' }, { cause: error });
  }
}
