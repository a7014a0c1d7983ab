import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

const mostBytes = 512 * 1024 * 1024;

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * GET without following redirections. User and password of the URL are sent as Basic credentials. Certificates are not
 * checked, as in Ganeti's tools: its clusters sign their own.
 */
export function httpGet(url: URL, seconds: number): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(seconds * 1000);
  const secure = url.protocol === 'https:';
  const options = { signal, agent: false, headers: { accept: 'application/json', connection: 'close' } } as const;
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage) => {
      collect(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), failed);
    };
    const failed = (error: Error) => reject(signal.aborted ? new Error(`no answer within ${seconds} s`) : error);
    const request = secure ? httpsRequest(url, { ...options, rejectUnauthorized: false }, answered) : httpRequest(url, options, answered);
    request.on('error', failed);
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
