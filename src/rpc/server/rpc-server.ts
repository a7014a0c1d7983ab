import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import {
  type ConnectionGuard,
  createConnectionGuard,
  GantryError,
  type Log,
  operationContext,
  traceFrom,
  version,
} from '../../base/index.ts';
import { validate } from '../../model/index.ts';
import type { CertificateIdentity } from '../certificates/certificate-identity.ts';
import type { Credentials } from '../certificates/check-certificate.ts';
import { plainSerial } from '../certificates/check-revocation-list.ts';
import { nodeContract, type RpcName } from '../contract.ts';
import type { CallContext, RpcCall, RpcDispatcher } from '../rpc-dispatcher.ts';
import { calledMethod, epochHeader, heartbeatMs, stepHeader, termHeader, traceHeader } from '../wire.ts';
import { AnswerStream } from './answer-stream.ts';
import { type CallerCheck, createCallerCheck } from './caller-check.ts';
import { readBody } from './read-body.ts';
import { type ConsoleOpener, ConsoleServer, refuseUpgrade } from './serve-console.ts';

export interface RpcServerOptions {
  readonly credentials: Credentials;
  readonly dispatcher: RpcDispatcher;
  readonly openConsole: ConsoleOpener;
  readonly log: Log;
  /** A further condition on the master that calls, e.g. that its key is registered. */
  readonly isRegistered?: (caller: CertificateIdentity) => boolean;
  readonly heartbeatMs?: number;
}

/** A master has a few; strangers give way to it. */
const connectionLimits = { total: 500, perAddress: 200 };

/** The network side of a node agent: mutual TLS 1.3, only masters of the cluster get in. The protocol is in `wire.ts`. */
export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #server: Server;
  readonly #consoles: ConsoleServer;
  readonly #checkCaller: CallerCheck;
  readonly #guard: ConnectionGuard = createConnectionGuard(connectionLimits);
  /** Sockets that were accepted under the present credentials. */
  #accepted = new WeakSet<object>();
  /** Each connection as it came, and as it is read once it is encrypted. */
  readonly #open = new Set<Socket>();

  constructor(options: RpcServerOptions) {
    this.#options = options;
    this.#consoles = new ConsoleServer(options.openConsole, options.log);
    this.#checkCaller = createCallerCheck(options.isRegistered);
    this.#server = createServer({
      ...contextOf(options.credentials),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: 10_000,
      keepAliveTimeout: 75_000,
      maxHeaderSize: 16_384,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 2000,
    });
    this.#guard.watch(this.#server);
    this.#server.on('secureConnection', (socket) => this.#accepted.add(socket));
    for (const event of ['connection', 'secureConnection'])
      this.#server.on(event, (socket: Socket) => {
        this.#open.add(socket);
        socket.once('close', () => this.#open.delete(socket));
      });
    this.#server.on('tlsClientError', (error, socket) => {
      // Of a certificate that is not accepted, the error says no more than that the connection ended.
      const problem = String(socket.authorizationError ?? error.message);
      options.log.info({ from: socket.remoteAddress, problem }, 'a TLS connection was refused');
    });
    this.#server.on('request', (request, response) => void this.#serve(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** @returns the port, chosen by the system when `port` is 0 @throws AGENT_LISTEN_FAILED */
  async listen(host: string, port: number): Promise<number> {
    try {
      this.#server.listen(port, host);
      await once(this.#server, 'listening');
    } catch (cause) {
      throw new GantryError('AGENT_LISTEN_FAILED', { address: `${host}:${port}`, problem: (cause as Error).message }, { cause });
    }
    return (this.#server.address() as AddressInfo).port;
  }

  listens(): boolean {
    return this.#server.listening;
  }

  /**
   * Uses other credentials for new connections, and takes no new request on old ones; calls under way end as usual, but
   * connections with a revoked certificate end at once.
   */
  reload(credentials: Credentials, revoked: ReadonlySet<string> = new Set()): void {
    this.#server.setSecureContext(contextOf(credentials));
    this.#accepted = new WeakSet();
    for (const socket of this.#encrypted()) {
      const serial = socket.getPeerX509Certificate()?.serialNumber ?? '';
      if (revoked.has(plainSerial(serial))) socket.destroy();
    }
    this.#server.closeIdleConnections();
  }

  /** Addresses of the masters that are connected. */
  callers(): string[] {
    return this.#addresses(({ remoteAddress }) => remoteAddress);
  }

  /** Addresses at which they reached this server. */
  reachedAt(): string[] {
    return this.#addresses(({ localAddress }) => localAddress);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Consoles are connections as well. Nothing else would end those that are in the handshake or wait for a console.
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  #addresses(of: (socket: TLSSocket) => string | undefined): string[] {
    const addresses = Array.from(this.#encrypted(), (socket) => of(socket)?.replace(/^::ffff:/, ''));
    return [...new Set(addresses.filter((address) => address !== undefined))];
  }

  #encrypted(): TLSSocket[] {
    return [...this.#open].filter((socket) => socket instanceof TLSSocket);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#accepted.has(request.socket)) return void request.socket.destroy();
    const began = performance.now();
    const trace = traceFrom(request.headers[traceHeader]);
    const answer = new AnswerStream(response, this.#options.heartbeatMs ?? heartbeatMs);
    const gone = new AbortController();
    response.on('close', () => gone.abort(new GantryError('CANCELLED', { subject: 'the call' })));
    try {
      const caller = this.#checkCaller(request.socket);
      this.#guard.trust(request.socket);
      const step = stepOf(request);
      if (step !== undefined) {
        const [term, epoch] = [termOf(request) ?? 0, epochOf(request)];
        answer.begin();
        await this.#options.dispatcher.cancelStep(step, term, epoch);
        return answer.result({});
      }
      const call = await readCall(request);
      answer.begin();
      const result = await this.#dispatch(call, caller.name, {
        operation: operationContext({ trace, log: this.#options.log }, { method: call.method, step: call.stepId }),
        progress: (progress) => answer.progress(progress),
        signal: gone.signal,
      });
      answer.result(result);
    } catch (thrown) {
      const error = GantryError.from(thrown);
      const facts = { ...(trace !== undefined && { trace }), path: request.url, ms: Math.round(performance.now() - began) };
      if (error.definition.kind === 'bug') this.#options.log.error({ ...facts, err: thrown }, 'a call failed');
      else this.#options.log.info({ ...facts, code: error.code, problem: error.message }, 'a call failed');
      // What was not read of the request cannot be skipped over.
      if (!request.complete && !response.headersSent) response.setHeader('connection', 'close');
      answer.error(error);
    }
  }

  /** The calls of a job are told, the many that belong to none only on request. */
  async #dispatch(call: RpcCall, caller: string, context: CallContext): Promise<unknown> {
    const began = performance.now();
    const { trace, log } = context.operation;
    const level = trace === undefined ? 'debug' : 'info';
    log[level]({ term: call.term, caller }, 'called');
    const result = await this.#options.dispatcher.dispatch(call, context);
    log[level]({ ms: Math.round(performance.now() - began) }, 'call done');
    return result;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', (error) => this.#options.log.debug({ problem: error.message }, 'a console connection broke'));
    try {
      if (!this.#accepted.has(request.socket)) return void socket.destroy();
      this.#checkCaller(request.socket);
      this.#guard.trust(request.socket);
      const [, kind, instance] = /^\/rpc\/(console|vnc)\/([\w-]+)$/.exec(request.url ?? '') ?? [];
      if (!instance) throw new GantryError('RPC_METHOD_UNKNOWN', { method: String(request.url), version });
      void this.#consoles.serve({ instance, kind: kind === 'vnc' ? 'vnc' : 'serial' }, request, socket, head);
    } catch (error) {
      refuseUpgrade(socket, GantryError.from(error));
    }
  }
}

function contextOf({ key, certificate, ca, crl }: Credentials) {
  return { key, cert: certificate, ca, crl, minVersion: 'TLSv1.3' as const };
}

function stepOf(request: IncomingMessage): string | undefined {
  const step = /^\/rpc\/steps\/([^/]+)$/.exec(request.url ?? '')?.[1];
  return request.method === 'DELETE' && step !== undefined ? decodeStep(step) : undefined;
}

/** @throws RPC_REQUEST_UNREADABLE */
function decodeStep(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new GantryError('RPC_REQUEST_UNREADABLE', { problem: 'the step id is not well encoded' }, { cause });
  }
}

/** One of our own headers; Node makes one text of several. */
const headerOf = (request: IncomingMessage, name: string) => request.headers[name] as string | undefined;

function termOf(request: IncomingMessage): number | undefined {
  const text = headerOf(request, termHeader);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new GantryError('RPC_REQUEST_UNREADABLE', { problem: `the term "${text}" is not a number` });
  return Number(text);
}

function epochOf(request: IncomingMessage): string | undefined {
  const epoch = headerOf(request, epochHeader);
  if (epoch === undefined || /^[\da-f]{32}$/.test(epoch)) return epoch;
  throw new GantryError('RPC_REQUEST_UNREADABLE', { problem: 'the epoch is not 32 hexadecimal digits' });
}

/** @throws INPUT_INVALID with the version of this agent: a master of another version may have sent what is not known here */
function validParams(method: RpcName, body: unknown): unknown {
  try {
    return validate(nodeContract[method].params, body, calledMethod(method));
  } catch (error) {
    const { code, facts } = GantryError.from(error);
    throw new GantryError(code, { ...facts, version }, { cause: error });
  }
}

/** @throws RPC_METHOD_UNKNOWN, RPC_REQUEST_UNREADABLE, RPC_REQUEST_TOO_LARGE, INPUT_INVALID */
async function readCall(request: IncomingMessage): Promise<RpcCall> {
  const name = /^\/rpc\/([a-z-]+)$/.exec(request.url ?? '')?.[1] ?? '';
  if (request.method !== 'POST' || !Object.hasOwn(nodeContract, name)) {
    throw new GantryError('RPC_METHOD_UNKNOWN', { method: `${request.method} ${request.url}`, version });
  }
  const method = name as RpcName;
  const term = termOf(request);
  const epoch = epochOf(request);
  const step = headerOf(request, stepHeader);
  const stepId = step === undefined ? undefined : decodeStep(step);
  if (nodeContract[method].changes && (term === undefined || stepId === undefined)) {
    throw new GantryError('RPC_REQUEST_UNREADABLE', { problem: `${method} needs a term and a step id` });
  }
  const params = validParams(method, await readBody(request, method));
  return { method, params, term, stepId, ...(epoch !== undefined && { epoch }) };
}
