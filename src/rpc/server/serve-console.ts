import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { GantryError, type Log } from '../../base/index.ts';
import { heartbeatMs } from '../wire.ts';

/** Opens the serial line of an instance. @throws CONSOLE_MISSING */
export type ConsoleOpener = (instanceUuid: string) => Promise<Duplex>;

/** Serves websockets that carry the bytes of serial lines, one session for each instance. */
export class ConsoleServer {
  readonly #open: ConsoleOpener;
  readonly #log: Log;
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 1024 * 1024 });
  readonly #busy = new Set<string>();

  constructor(open: ConsoleOpener, log: Log) {
    this.#open = open;
    this.#log = log;
  }

  /** Answers an upgrade request that was authenticated before. */
  async serve(instance: string, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#busy.has(instance)) return refuseUpgrade(socket, new GantryError('CONSOLE_BUSY', { instance }));
    this.#busy.add(instance);
    try {
      const line = await this.#open(instance);
      await this.#session(instance, line, request, socket, head);
    } catch (error) {
      refuseUpgrade(socket, GantryError.from(error));
    } finally {
      this.#busy.delete(instance);
    }
  }

  close(): void {
    for (const session of this.#sockets.clients) session.terminate();
    this.#sockets.close();
  }

  #session(instance: string, line: Duplex, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const onLost = () => {
        line.destroy();
        resolve();
      };
      socket.once('close', onLost);
      this.#sockets.handleUpgrade(request, socket, head, (session) => {
        let answered = true;
        session.on('pong', () => {
          answered = true;
        });
        const timer = setInterval(() => {
          if (!answered) return session.terminate();
          answered = false;
          session.ping();
        }, 2 * heartbeatMs);
        const stream = createWebSocketStream(session, { allowHalfOpen: false });
        const ended = (why?: Error) => {
          clearInterval(timer);
          session.terminate();
          this.#log.debug({ instance, problem: why?.message }, 'console closed');
          onLost();
        };
        // A serial line that is closed on one side is closed.
        Promise.race([pipeline(line, stream), pipeline(stream, line)]).then(() => ended(), ended);
      });
    });
  }
}

/** Ends an upgrade request with an error as JSON. */
export function refuseUpgrade(socket: Duplex, error: GantryError): void {
  if (socket.destroyed || !socket.writable) return;
  const body = `${JSON.stringify({ error: error.toReport() })}\n`;
  socket.end(
    `HTTP/1.1 ${error.definition.http} Refused\r\ncontent-type: application/x-ndjson\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
