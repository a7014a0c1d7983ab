import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Json } from '../../base/index.ts';
import { type ClientIdentity, connectTrusted } from './connect-trusted.ts';

const mostBytes = 512 * 1024 * 1024;

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface HttpQuestion {
  /** Is given up after this long. */
  readonly seconds: number;
  /** Is posted as JSON; undefined: GET. */
  readonly post?: Json | undefined;
  /**
   * Certificates (PEM) of which the server must show that it is meant, see `connectTrusted`. Undefined: it is not asked, as
   * in Ganeti's tools, since clusters sign their own.
   */
  readonly trusted?: readonly string[] | undefined;
  /** Shown to a server that is trusted and asks who we are. */
  readonly client?: ClientIdentity | undefined;
  /** Is sent as a bearer's; to whom is the caller's to know. */
  readonly token?: string | undefined;
}

/**
 * Asks a server without following redirections. User and password of the URL are sent as Basic credentials.
 * @throws UntrustedServer before anything is sent
 */
export async function httpAsk(url: URL, question: HttpQuestion): Promise<HttpAnswer> {
  const { seconds, trusted, client } = question;
  const signal = AbortSignal.timeout(seconds * 1000);
  try {
    const response = await send(url, question, signal, trusted && (await connectTrusted(url, trusted, signal, client)));
    return { status: response.statusCode ?? 0, body: await collect(response) };
  } catch (error) {
    throw signal.aborted ? new Error(`no answer within ${seconds} s`) : error;
  }
}

function send(url: URL, { post, token }: HttpQuestion, signal: AbortSignal, connection: Socket | undefined): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:';
  const through = connection ? { createConnection: () => connection } : { agent: false, ...(secure ? { rejectUnauthorized: false } : {}) };
  const method = post === undefined ? {} : { method: 'POST' };
  const type = post === undefined ? {} : { 'content-type': 'application/json' };
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { accept: 'application/json', connection: 'close', ...type, ...bearer };
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(url, { signal, headers, ...method, ...through }, resolve);
    request.on('error', reject);
    request.end(post === undefined ? undefined : JSON.stringify(post));
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
