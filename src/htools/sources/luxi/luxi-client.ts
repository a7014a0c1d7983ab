import { createConnection, type Socket } from 'node:net';
import { GantryError, type Json } from '../../../base/index.ts';
import { asRecord } from '../json-text.ts';

const endOfMessage = 0x03;
const connectSeconds = 30;
const answerSeconds = 180;

/** The socket of Ganeti's master on which queries and jobs are taken. */
export const defaultLuxiSocket = '/var/run/ganeti/socket/ganeti-query';

/** How long to wait for the master; Ganeti's times. */
export interface LuxiPatience {
  readonly connectSeconds?: number;
  readonly answerSeconds?: number;
}

interface Waiting {
  readonly method: string;
  readonly resolve: (result: Json) => void;
  readonly reject: (error: GantryError) => void;
  timer?: NodeJS.Timeout;
}

/**
 * Talks to a Ganeti master: JSON messages on a Unix socket, each ended by one byte 3. Calls are answered in the order
 * they are made.
 *
 * @example
 * const master = await LuxiClient.connect(defaultLuxiSocket);
 * const info = await master.call('QueryClusterInfo', []);
 * master.close();
 */
export class LuxiClient {
  readonly path: string;
  private readonly socket: Socket;
  private readonly seconds: number;
  private readonly waiting: Waiting[] = [];
  private pieces: Buffer[] = [];
  private broken: GantryError | undefined;

  private constructor(path: string, socket: Socket, seconds: number) {
    this.path = path;
    this.socket = socket;
    this.seconds = seconds;
    socket.on('data', (piece: Buffer) => this.receive(piece));
    socket.on('error', (error) => this.fail(error.message));
    socket.on('close', () => this.fail('the connection was closed'));
  }

  /** @throws HTOOLS_LUXI_UNREACHABLE */
  static connect(path: string, patience: LuxiPatience = {}): Promise<LuxiClient> {
    const seconds = patience.connectSeconds ?? connectSeconds;
    return new Promise((resolve, reject) => {
      const socket = createConnection(path);
      const fail = (detail: string) => {
        clearTimeout(timer);
        socket.destroy();
        reject(new GantryError('HTOOLS_LUXI_UNREACHABLE', { path, detail }));
      };
      const refused = (error: Error) => fail(error.message);
      const timer = setTimeout(() => fail(`no connection within ${seconds} s`), seconds * 1000);
      socket.once('error', refused);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.off('error', refused);
        resolve(new LuxiClient(path, socket, patience.answerSeconds ?? answerSeconds));
      });
    });
  }

  /**
   * Calls a method of the master.
   * @returns the result, whose shape is up to the method
   * @throws HTOOLS_LUXI_REFUSED when the master answers with an error, HTOOLS_LUXI_UNREACHABLE when it does not answer
   */
  call(method: string, args: readonly Json[]): Promise<Json> {
    if (this.broken) return Promise.reject(this.broken);
    return new Promise((resolve, reject) => {
      const call: Waiting = { method, resolve, reject };
      call.timer = setTimeout(() => this.fail(`no answer to ${method} within ${this.seconds} s`), this.seconds * 1000);
      this.waiting.push(call);
      this.socket.write(`${JSON.stringify({ method, args })}\x03`);
    });
  }

  close(): void {
    this.fail('this side closed it');
  }

  private receive(piece: Buffer): void {
    let rest = piece;
    for (let end = rest.indexOf(endOfMessage); end >= 0; end = rest.indexOf(endOfMessage)) {
      const message = Buffer.concat([...this.pieces, rest.subarray(0, end)]).toString();
      this.pieces = [];
      rest = rest.subarray(end + 1);
      this.answer(message);
    }
    if (rest.length > 0) this.pieces.push(rest);
  }

  private answer(message: string): void {
    const call = this.waiting.shift();
    if (call === undefined) return this.fail('it answered without being asked');
    clearTimeout(call.timer);
    const reply = readReply(message);
    if (reply === undefined) {
      this.waiting.unshift(call);
      this.fail(`its answer to ${call.method} cannot be understood`);
    } else if (reply.success) call.resolve(reply.result);
    else
      call.reject(
        new GantryError('HTOOLS_LUXI_REFUSED', { method: call.method, detail: describeError(reply.result), result: reply.result }),
      );
  }

  /** Gives up the connection and every call that waits. */
  private fail(detail: string): void {
    this.broken ??= new GantryError('HTOOLS_LUXI_UNREACHABLE', { path: this.path, detail });
    this.socket.destroy();
    for (const call of this.waiting.splice(0)) {
      clearTimeout(call.timer);
      call.reject(this.broken);
    }
  }
}

function readReply(message: string): { success: boolean; result: Json } | undefined {
  try {
    const { success, result } = asRecord(JSON.parse(message));
    return typeof success === 'boolean' && result !== undefined ? { success, result: result as Json } : undefined;
  } catch {
    // Not JSON: the caller says so.
    return undefined;
  }
}

/** An error as Ganeti encodes it, a name and its arguments, for people. */
export function describeError(result: Json): string {
  if (!Array.isArray(result)) return JSON.stringify(result);
  const [name, facts] = result as readonly Json[];
  const texts = Array.isArray(facts) ? (facts as readonly Json[]) : [facts ?? ''];
  return `${String(name)}: ${texts.map((text) => (typeof text === 'string' ? text : JSON.stringify(text))).join(', ')}`;
}
