import type { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createWebSocketStream, WebSocket } from 'ws';
import { type ErrorReport, GantryError } from '../../base/index.ts';
import type { ConsoleKind } from '../../model/index.ts';
import { consolePath } from '../wire.ts';
import { connectionProblem } from './connection-problem.ts';
import { addressOf, type NodeTarget } from './node-target.ts';

export interface ConsoleRequest {
  readonly instanceUuid: string;
  readonly kind: ConsoleKind;
  readonly timeoutMs: number;
}

/**
 * Opens a console of an instance as a stream of bytes both ways.
 * @throws CONSOLE_MISSING, CONSOLE_BUSY, NODE_UNREACHABLE, NODE_IDENTITY_WRONG, NODE_REFUSED_CALLER, NODE_GARBLED
 */
export function openConsole(target: NodeTarget, pool: Agent, { instanceUuid, kind, timeoutMs }: ConsoleRequest): Promise<Duplex> {
  const { name: node } = target;
  const address = addressOf(target);
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`wss://${address}${consolePath(instanceUuid, kind)}`, {
      agent: pool,
      handshakeTimeout: timeoutMs,
      perMessageDeflate: false,
      maxPayload: 1024 * 1024,
    });
    // The stream exists before the first frame can arrive, else that would be lost.
    const stream = createWebSocketStream(socket, { allowHalfOpen: false });
    const fail = (error: Error) => {
      const problem = connectionProblem(error, target, 'console', false);
      reject(problem instanceof GantryError ? problem : new GantryError('NODE_UNREACHABLE', { node, address, problem: error.message }));
    };
    // It stays: what breaks before the caller listens must not end the process.
    stream.once('error', fail);
    socket.once('open', () => resolve(stream));
    socket.once('unexpected-response', (_request, response) => {
      text(response)
        .then((body) => (JSON.parse(body) as { error: ErrorReport }).error)
        .then((report) => reject(GantryError.fromReport(report)))
        .catch((error: Error) => reject(new GantryError('NODE_GARBLED', { node, method: 'console', problem: error.message })))
        .finally(() => socket.terminate());
    });
  });
}
