import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocket } from 'ws';
import type { ConsoleKind } from '../../model/index.ts';
import type { ClientConfig } from '../connect/client-config.ts';
import { authorization, connectionError, trustOf } from '../connect/http-client.ts';
import { errorFromReply, type ReportedError } from '../connect/reported-error.ts';

/** Keeps proxies and idle limits from cutting a quiet console. */
const pingMs = 20_000;

/**
 * Opens a console of an instance: bytes both ways.
 * @throws ReportedError when the cluster refuses, CLI_CLUSTER_UNREACHABLE, CLI_CERTIFICATE_REFUSED
 */
export async function openConsole(config: ClientConfig, instance: string, kind: ConsoleKind = 'serial'): Promise<Duplex> {
  const url = new URL(`/2/instances/${encodeURIComponent(instance)}/console/${kind === 'vnc' ? 'vnc' : 'stream'}`, config.url);
  url.protocol = 'wss:';
  const socket = new WebSocket(url, {
    headers: authorization(config),
    handshakeTimeout: 30_000,
    perMessageDeflate: false,
    ...trustOf(config),
  });
  await opened(socket, config);
  const ping = setInterval(() => socket.ping(), pingMs);
  socket.once('close', () => clearInterval(ping));
  return createWebSocketStream(socket);
}

function opened(socket: WebSocket, config: ClientConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', (error) => reject(connectionError(error, config)));
    socket.once('unexpected-response', (_request, response) => {
      refusal(response).then(reject, reject);
    });
  });
}

async function refusal(response: IncomingMessage): Promise<ReportedError> {
  const pieces: Buffer[] = [];
  for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece);
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    // A proxy may answer with a page of its own; the status still tells.
    body = undefined;
  }
  return errorFromReply(response.statusCode ?? 0, body);
}
