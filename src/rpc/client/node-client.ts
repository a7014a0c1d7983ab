import type { Duplex } from 'node:stream';
import { type Clock, GantryError, type Log, type Random, silentLog, systemClock, traceparent } from '../../base/index.ts';
import type { ConsoleKind } from '../../model/index.ts';
import type { Credentials } from '../certificates/check-certificate.ts';
import { checkAnswer } from '../check-answer.ts';
import { nodeContract, type RpcName, type RpcParams, type RpcResult } from '../contract.ts';
import type { CallOptions, JobNodeCaller } from '../node-caller.ts';
import { epochHeader, heartbeatMs, methodPath, stepHeader, stepPath, termHeader, traceHeader } from '../wire.ts';
import { ConnectionLost } from './connection-problem.ts';
import { Connections } from './connections.ts';
import { addressOf, type NodeResolver, type NodeTarget, resolveTarget } from './node-target.ts';
import { openConsole } from './open-console.ts';
import { type OutgoingRequest, sendRequest } from './send-request.ts';
import { versionProblem } from './version-problem.ts';

export interface NodeClientOptions {
  /** The master's key and certificate, the CA, the revocation list. */
  readonly credentials: Credentials;
  /** Of the leadership under which calls are made. */
  readonly term: number;
  /** Of the store under which it leads. */
  readonly epoch?: string;
  readonly resolve: NodeResolver;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Numbers the calls of a trace; default: `Math.random`. */
  readonly random?: Random;
  /** Milliseconds until a connection must stand; default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds without a byte from a working agent; default 20,000. */
  readonly silenceMs?: number;
  /** Replaces the time-outs of the contract, for tests. */
  readonly progressTimeoutMs?: number;
  /** Milliseconds that an agent has to end a step that it was told to end, until the call is given up; default 20,000. */
  readonly cancelPatienceMs?: number;
  /** Pauses before repetitions after a lost connection, ms; methods that change nothing use only the first. */
  readonly retryDelaysMs?: readonly number[];
  /** Further pauses when an agent was working on a change: it may be starting again, for an upgrade. */
  readonly restartDelaysMs?: readonly number[];
}

/** Calls node agents over the network. */
export interface NodeClient extends JobNodeCaller {
  /** @throws CONSOLE_MISSING, CONSOLE_BUSY, NODE_UNREACHABLE, NODE_IDENTITY_WRONG, NODE_REFUSED_CALLER, NODE_GARBLED */
  openConsole(nodeUuid: string, instanceUuid: string, kind?: ConsoleKind): Promise<Duplex>;
  /** Uses other credentials for new connections. */
  replaceCredentials(credentials: Credentials): void;
  close(): Promise<void>;
}

export function createNodeClient(options: NodeClientOptions): NodeClient {
  return new NetworkClient(options);
}

class NetworkClient implements NodeClient {
  readonly #options: NodeClientOptions;
  readonly #connections: Connections;
  readonly #closed = new AbortController();
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(options: NodeClientOptions) {
    this.#options = options;
    this.#connections = new Connections(options.credentials);
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLog;
  }

  async call<M extends RpcName>(node: string, method: M, params: RpcParams<M>, options: CallOptions = {}): Promise<RpcResult<M>> {
    const { changes } = nodeContract[method];
    if (changes && options.stepId === undefined) throw new GantryError('INTERNAL', { detail: `${method} was called without a step id` });
    const target = resolveTarget(this.#options.resolve, node);
    const { stepId, cancel } = options;
    cancel?.throwIfAborted();
    const tellToEnd = () => void (stepId !== undefined && this.#tellToEnd(node, target, method, stepId));
    const ending = cancel && this.#whenCancelled(cancel, tellToEnd);
    const signal = AbortSignal.any([this.#closed.signal, ...(options.signal ? [options.signal] : []), ...(ending ? [ending.overdue] : [])]);
    try {
      const result = await this.#repeat(node, {
        target,
        verb: 'POST',
        path: methodPath(method),
        method,
        headers: this.#headers(stepId, options.trace),
        body: JSON.stringify(params),
        signal,
        onProgress: options.onProgress,
      });
      return checkAnswer(target.name, method, result);
    } catch (error) {
      // The agent goes on with a step whose caller is gone, until it is told that nobody wants it any more.
      if (nobodyWaits(error)) tellToEnd();
      throw versionProblem(error, target.name, method) ?? error;
    } finally {
      ending?.done();
    }
  }

  async cancelStep(node: string, stepId: string): Promise<void> {
    const target = resolveTarget(this.#options.resolve, node);
    try {
      await this.#cancelStep(node, target, 'the end of a step', stepId);
    } catch (error) {
      throw error instanceof ConnectionLost ? givenUp(error, target) : error;
    }
  }

  async openConsole(nodeUuid: string, instanceUuid: string, kind: ConsoleKind = 'serial'): Promise<Duplex> {
    const target = resolveTarget(this.#options.resolve, nodeUuid);
    const timeoutMs = this.#timeouts('instance-console').progressMs;
    return openConsole(target, this.#connections.pool(nodeUuid, target), { instanceUuid, kind, timeoutMs });
  }

  replaceCredentials(credentials: Credentials): void {
    this.#connections.replaceCredentials(credentials);
  }

  async close(): Promise<void> {
    this.#closed.abort(new GantryError('CANCELLED', { subject: 'calls to nodes' }));
    this.#connections.close();
  }

  /** Repeats a request whose connection failed; every method may be repeated, and a running step is joined again. */
  async #repeat(node: string, request: Omit<OutgoingRequest, 'pool' | 'timeouts'>): Promise<unknown> {
    const { method, target, signal } = request;
    const { changes } = nodeContract[method as RpcName];
    const { retryDelaysMs, restartDelaysMs = retryDelaysMs ? [] : restartDelays } = this.#options;
    const delays = (retryDelaysMs ?? retryDelays).slice(0, changes ? undefined : 1);
    let restarts = false;
    for (let attempt = 0; ; attempt++) {
      try {
        const pool = this.#connections.pool(node, target);
        return await sendRequest({ ...request, pool, timeouts: this.#timeouts(method as RpcName) });
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        restarts ||= changes && error.begun;
        const delay = delays[attempt] ?? (restarts ? restartDelaysMs[attempt - delays.length] : undefined);
        if (delay === undefined) throw givenUp(error, target);
        this.#log.debug({ node: target.name, method, attempt, problem: error.message }, 'connection lost, trying again');
        // One that is interrupted ends with the next attempt, which does not begin.
        await this.#clock.sleep(delay, signal).catch(() => undefined);
      }
    }
  }

  /** When `cancel` aborts, the agent is told, and gets some time to end the step in order; `overdue` aborts when that is over. */
  #whenCancelled(cancel: AbortSignal, tellToEnd: () => void): { readonly overdue: AbortSignal; done(): void } {
    const overdue = new AbortController();
    const done = new AbortController();
    const onAbort = () => {
      tellToEnd();
      this.#clock.sleep(this.#options.cancelPatienceMs ?? 20_000, done.signal).then(
        () => overdue.abort(cancel.reason),
        () => undefined,
      );
    };
    cancel.addEventListener('abort', onAbort, { once: true });
    const end = () => {
      cancel.removeEventListener('abort', onAbort);
      done.abort('done');
    };
    return { overdue: overdue.signal, done: end };
  }

  async #tellToEnd(node: string, target: NodeTarget, method: RpcName, stepId: string): Promise<void> {
    try {
      await this.#cancelStep(node, target, method, stepId);
    } catch (error) {
      this.#log.info({ node: target.name, method, stepId, problem: (error as Error).message }, 'a step could not be cancelled');
    }
  }

  async #cancelStep(node: string, target: NodeTarget, method: string, stepId: string): Promise<void> {
    await sendRequest({
      target,
      pool: this.#connections.pool(node, target),
      verb: 'DELETE',
      path: stepPath(stepId),
      method,
      headers: this.#headers(undefined),
      body: '',
      // It answers when the step has ended.
      timeouts: { connectMs: 2_000, silenceMs: heartbeatMs + 5_000, progressMs: this.#options.cancelPatienceMs ?? 20_000 },
      signal: this.#closed.signal,
      onProgress: undefined,
    });
  }

  #headers(stepId: string | undefined, trace?: string): Record<string, string> {
    const { term: number, epoch } = this.#options;
    const headers: Record<string, string> = { [termHeader]: String(number) };
    if (epoch !== undefined) headers[epochHeader] = epoch;
    if (stepId !== undefined) headers[stepHeader] = encodeURIComponent(stepId);
    if (trace !== undefined) headers[traceHeader] = traceparent(trace, this.#options.random ?? Math.random);
    return headers;
  }

  #timeouts(method: RpcName) {
    const progressMs = this.#options.progressTimeoutMs ?? nodeContract[method].timeoutMs;
    const silenceMs = Math.min(this.#options.silenceMs ?? 4 * heartbeatMs, progressMs);
    return { connectMs: this.#options.connectTimeoutMs ?? 5_000, silenceMs, progressMs };
  }
}

const retryDelays = [200, 500, 1000, 2000];
/** A small host needs half a minute to start an agent again. */
const restartDelays = [4000, 4000, 4000, 4000, 4000, 4000];

const nobodyWaits = (error: unknown): boolean => ['NODE_TIMED_OUT', 'CANCELLED'].includes(GantryError.from(error).code);

function givenUp(lost: ConnectionLost, target: NodeTarget): GantryError {
  const { name: node } = target;
  if (lost.afterHandshake) {
    const problem = 'it hangs up right after the TLS handshake';
    return new GantryError('NODE_REFUSED_CALLER', { node, problem }, { cause: lost });
  }
  return new GantryError('NODE_UNREACHABLE', { node, address: addressOf(target), problem: lost.message }, { cause: lost });
}
