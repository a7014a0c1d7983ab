import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { GantryError, type Log } from '../../base/index.ts';
import type { ConsoleKind } from '../../model/index.ts';
import { heartbeatMs } from '../wire.ts';

/** Opens a console of an instance. @throws CONSOLE_MISSING */
export type ConsoleOpener = (instanceUuid: string, kind: ConsoleKind) => Promise<Duplex>;

/** Sessions that an instance may have at a time. A VNC server keeps several viewers apart by itself. */
const mostSessions: Record<ConsoleKind, number> = { serial: 1, vnc: 8 };

/** Which console a request asks for. */
export interface WantedConsole {
  readonly instance: string;
  readonly kind: ConsoleKind;
}

/** Serves websockets that carry the bytes of serial lines and of VNC. */
export class ConsoleServer {
  readonly #open: ConsoleOpener;
  readonly #log: Log;
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 1024 * 1024 });
  /** Sessions under way of each kind and instance. */
  readonly #sessions = new Map<string, number>();

  constructor(open: ConsoleOpener, log: Log) {
    this.#open = open;
    this.#log = log;
  }

  /** Answers an upgrade request that was authenticated before. */
  async serve({ instance, kind }: WantedConsole, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const key = `${kind} ${instance}`;
    const others = this.#sessions.get(key) ?? 0;
    if (others >= mostSessions[kind]) return refuseUpgrade(socket, new GantryError('CONSOLE_BUSY', { instance, kind }));
    this.#sessions.set(key, others + 1);
    try {
      const line = await this.#open(instance, kind);
      // Who asked for it may be gone by now.
      if (socket.destroyed) line.destroy();
      else await this.#session(instance, line, request, socket, head);
    } catch (error) {
      refuseUpgrade(socket, GantryError.from(error));
    } finally {
      const left = (this.#sessions.get(key) ?? 1) - 1;
      if (left > 0) this.#sessions.set(key, left);
      else this.#sessions.delete(key);
    }
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
        };
        // A serial line that is closed on one side is closed.
        Promise.race([pipeline(line, stream), pipeline(stream, line)]).then(() => ended(), ended);
      });
    });
  }
}

/** Ends an upgrade request with an error as JSON. */
export function refuseUpgrade(socket: Duplex, error: GantryError): void {
  const body = `${JSON.stringify({ error: error.toReport() })}\n`;
  socket.end(
    `HTTP/1.1 ${error.definition.http} Refused\r\ncontent-type: application/x-ndjson\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
