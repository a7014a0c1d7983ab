import type { ClientRequest, IncomingMessage } from 'node:http';
import { type Agent, request } from 'node:https';
import { GantryError, oneLine } from '../../base/index.ts';
import type { Progress } from '../contract.ts';
import { lineType, type WireLine } from '../wire.ts';
import { ConnectionLost, connectionProblem } from './connection-problem.ts';
import { LineReader } from './line-reader.ts';
import { addressOf, type NodeTarget } from './node-target.ts';

/** Of a text that tells how far a call is. */
const progressLength = 1000;

export interface RequestTimeouts {
  /** Until the TLS connection stands. */
  readonly connectMs: number;
  /** Without a single byte of an agent that is to say regularly that it is alive. */
  readonly silenceMs: number;
  /** Without progress, however alive the agent is. */
  readonly progressMs: number;
}

export interface OutgoingRequest {
  readonly target: NodeTarget;
  readonly pool: Agent;
  readonly verb: 'POST' | 'DELETE';
  readonly path: string;
  /** For messages. */
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly timeouts: RequestTimeouts;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/**
 * One attempt of a call.
 * @throws ConnectionLost when it may be tried again; NODE_TIMED_OUT, NODE_GARBLED, NODE_IDENTITY_WRONG, NODE_REFUSED_CALLER,
 *   CANCELLED, or the error that the agent reported
 */
export function sendRequest(outgoing: OutgoingRequest): Promise<unknown> {
  return new Promise((resolve, reject) => new Exchange(outgoing, resolve, reject).start());
}

class Exchange {
  readonly #outgoing: OutgoingRequest;
  readonly #resolve: (result: unknown) => void;
  readonly #reject: (error: Error) => void;
  readonly #lines = new LineReader();
  #request: ClientRequest | undefined;
  #settled = false;
  #handshakeDone = false;
  #anyByte = false;
  #connect: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #stall: NodeJS.Timeout | undefined;

  constructor(outgoing: OutgoingRequest, resolve: (result: unknown) => void, reject: (error: Error) => void) {
    this.#outgoing = outgoing;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { target, pool, verb, path, headers, body, signal, timeouts } = this.#outgoing;
    if (signal?.aborted) return this.#onAbort();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    const sent = request({
      host: target.address,
      port: target.port,
      agent: pool,
      method: verb,
      path,
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    this.#request = sent;
    this.#connect = setTimeout(
      () => this.#fail(new ConnectionLost(`no connection within ${timeouts.connectMs / 1000} s`, false)),
      timeouts.connectMs,
    );
    sent.on('socket', (socket) => {
      const ready = () => {
        clearTimeout(this.#connect);
        this.#handshakeDone = !sent.reusedSocket;
        this.#restart('both');
      };
      if (sent.reusedSocket) ready();
      else socket.once('secureConnect', ready);
    });
    sent.on('error', (error) => this.#onLost(error));
    sent.on('response', (response) => this.#read(response));
    sent.end(body);
  }

  #read(response: IncomingMessage): void {
    if (!String(response.headers['content-type']).startsWith(lineType)) {
      return this.#garbled(`status ${response.statusCode} with type "${response.headers['content-type'] ?? 'none'}"`);
    }
    response.on('data', (bytes: Buffer) => {
      this.#anyByte = true;
      this.#restart('silence');
      try {
        for (const line of this.#lines.push(bytes)) this.#take(line);
      } catch (error) {
        this.#garbled((error as Error).message);
      }
    });
    response.on('error', (error) => this.#onLost(error));
    response.on('end', () => this.#fail(new ConnectionLost('the answer was cut off', false)));
  }

  #take(text: string): void {
    if (this.#settled) return;
    let line: WireLine;
    try {
      line = JSON.parse(text) as WireLine;
    } catch {
      return this.#garbled(`not JSON: ${text.slice(0, 80)}`);
    }
    if (typeof line !== 'object' || line === null) return this.#garbled(`not an object: ${text.slice(0, 80)}`);
    if ('alive' in line) return;
    if ('progress' in line) {
      if (typeof line.progress?.text !== 'string') return this.#garbled('progress without a text');
      this.#restart('both');
      const { text: said, ...progress } = line.progress;
      this.#outgoing.onProgress?.({ ...progress, text: oneLine(said).slice(0, progressLength) });
    } else if ('result' in line) {
      this.#settle();
      this.#resolve(line.result);
    } else if (typeof line.error?.code === 'string') {
      // Made first: what cannot be made leaves the call open, and its time-outs with it.
      const error = reportedBy(this.#outgoing.target.name, line.error);
      this.#settle();
      this.#reject(error);
    } else this.#garbled(`an unknown line: ${text.slice(0, 80)}`);
  }

  #restart(which: 'silence' | 'both'): void {
    if (this.#settled) return;
    const { silenceMs, progressMs } = this.#outgoing.timeouts;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#timedOut(silenceMs), silenceMs);
    if (which === 'silence') return;
    clearTimeout(this.#stall);
    this.#stall = setTimeout(() => this.#timedOut(progressMs), progressMs);
  }

  readonly #onAbort = (): void => {
    const { signal, method, target } = this.#outgoing;
    const reason: unknown = signal?.reason;
    this.#fail(reason instanceof GantryError ? reason : new GantryError('CANCELLED', { subject: `${method} on node ${target.name}` }));
  };

  #onLost(error: Error): void {
    const { target, method } = this.#outgoing;
    this.#fail(connectionProblem(error, target, method, this.#handshakeDone && !this.#anyByte));
  }

  #timedOut(ms: number): void {
    const { target, method } = this.#outgoing;
    this.#fail(new GantryError('NODE_TIMED_OUT', { node: target.name, method, seconds: ms / 1000 }));
  }

  #garbled(problem: string): void {
    const { target, method } = this.#outgoing;
    this.#fail(new GantryError('NODE_GARBLED', { node: `${target.name} (${addressOf(target)})`, method, problem }));
  }

  #fail(error: Error): void {
    if (this.#settled) return;
    this.#settle();
    if (error instanceof ConnectionLost) error.begun = this.#anyByte;
    this.#reject(error);
    this.#request?.destroy();
  }

  #settle(): void {
    this.#settled = true;
    for (const timer of [this.#connect, this.#silence, this.#stall]) clearTimeout(timer);
    this.#outgoing.signal?.removeEventListener('abort', this.#onAbort);
  }
}

/** The agent's error as our own. Which node it was is no matter of what it says. */
function reportedBy(node: string, report: Parameters<typeof GantryError.fromReport>[0]): GantryError {
  const facts = typeof report.facts === 'object' ? report.facts : {};
  return GantryError.fromReport({ ...report, facts: { ...facts, node } });
}
