import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Json } from '../../base/index.ts';
import { createHttpAgent, type HttpTrust } from './http-agent.ts';

/** The largest answer: all instances of a large cluster. */
const largestAnswer = 512 * 1024 * 1024;

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface HttpQuestion extends HttpTrust {
  /** Is given up after this long. */
  readonly seconds: number;
  /** Is posted as JSON; undefined: GET. */
  readonly post?: Json | undefined;
  /** DELETE instead. */
  readonly remove?: boolean | undefined;
  /** Sent with it. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Bytes of the answer, at most. */
  readonly mostBytes?: number | undefined;
  /** Is sent as a bearer's; to whom is the caller's to know. */
  readonly token?: string | undefined;
}

/**
 * Asks a server without following redirections. User and password of the URL are sent as Basic credentials.
 * @param agent keeps the connection for further questions; without one it is closed
 * @throws UntrustedServer before anything is sent
 */
export async function httpAsk(url: URL, question: HttpQuestion, agent?: Agent): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(question.seconds * 1000);
  const through = agent ?? createHttpAgent(url, question);
  try {
    const response = await send(url, question, signal, through);
    return { status: response.statusCode ?? 0, body: await collect(response, question.mostBytes) };
  } catch (error) {
    throw signal.aborted ? new Error(`no answer within ${question.seconds} s`) : error;
  } finally {
    if (!agent) through.destroy();
  }
}

function send(url: URL, question: HttpQuestion, signal: AbortSignal, agent: Agent): Promise<IncomingMessage> {
  const { post, token, remove } = question;
  const method = remove ? { method: 'DELETE' } : post === undefined ? {} : { method: 'POST' };
  const type = post === undefined ? {} : { 'content-type': 'application/json' };
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { accept: 'application/json', ...question.headers, ...type, ...bearer };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { signal, headers, ...method, agent }, resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A server may close a connection after any answer, without saying so; what only asks is asked again over another.
      const again = request.reusedSocket && error.code === 'ECONNRESET' && post === undefined && !signal.aborted;
      if (again) send(url, question, signal, agent).then(resolve, reject);
      else reject(error);
    });
    request.end(post === undefined ? undefined : JSON.stringify(post));
  });
}

async function collect(response: IncomingMessage, mostBytes = largestAnswer): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > mostBytes) throw new Error(`the answer has more than ${mostBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
