import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { connectTrusted } from './connect-trusted.ts';

const mostBytes = 512 * 1024 * 1024;

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * GET without following redirections. User and password of the URL are sent as Basic credentials.
 * @param trusted certificates (PEM) of which the server must show that it is meant, see `connectTrusted`. Undefined: it is
 * not asked, as in Ganeti's tools, since clusters sign their own.
 * @throws UntrustedServer before anything is sent
 */
export async function httpGet(url: URL, seconds: number, trusted?: readonly string[]): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(seconds * 1000);
  try {
    const response = await ask(url, signal, trusted && (await connectTrusted(url, trusted, signal)));
    return { status: response.statusCode ?? 0, body: await collect(response) };
  } catch (error) {
    throw signal.aborted ? new Error(`no answer within ${seconds} s`) : error;
  }
}

function ask(url: URL, signal: AbortSignal, connection: Socket | undefined): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:';
  const options = { signal, headers: { accept: 'application/json', connection: 'close' } } as const;
  const through = connection ? { createConnection: () => connection } : { agent: false, ...(secure ? { rejectUnauthorized: false } : {}) };
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(url, { ...options, ...through }, resolve);
    request.on('error', reject);
    request.end();
  });
}

async function collect(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > mostBytes) throw new Error(`the answer has more than ${mostBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
