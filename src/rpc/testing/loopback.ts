import { Agent, type AgentOptions, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { GantryError, silentLog } from '../../base/index.ts';
import type { Credentials } from '../certificates/check-certificate.ts';
import { type Authority, createAuthority } from '../certificates/create-authority.ts';
import { createRevocationList } from '../certificates/create-revocation-list.ts';
import { type CertificateSubject, createCertificate, type SignOptions } from '../certificates/sign-certificate.ts';
import { createNodeClient, type NodeClient, type NodeClientOptions } from '../client/node-client.ts';
import type { CallContext, RpcCall, RpcDispatcher } from '../rpc-dispatcher.ts';
import { RpcServer, type RpcServerOptions } from '../server/rpc-server.ts';

/** What a master may send by hand that the client never would. */
export interface RawRequest {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Connections to use; default: one of its own. */
  readonly agent?: Agent;
}

type Answer = (call: RpcCall, context: CallContext) => Promise<unknown>;

/** For tests: a cluster CA, agents on loopback and masters that call them, all with real certificates. */
export class Loopback {
  readonly authority: Authority;
  readonly #crl: string;
  readonly #closers: (() => Promise<void>)[] = [];

  private constructor(authority: Authority, crl: string) {
    this.authority = authority;
    this.#crl = crl;
  }

  static async create(): Promise<Loopback> {
    const authority = await createAuthority('test');
    return new Loopback(authority, await createRevocationList(authority, []));
  }

  async credentials(subject: Partial<CertificateSubject>, options?: SignOptions): Promise<Credentials & { fingerprint: string }> {
    const whole = { role: 'node' as const, name: 'n1', addresses: ['127.0.0.1'], ...subject };
    const made = await createCertificate(this.authority, whole, options);
    return { ...made, ca: this.authority.certificate, crl: this.#crl };
  }

  /** An agent that answers with `answer`; the names of cancelled steps are kept. */
  async agent(answer: Answer, more: Partial<RpcServerOptions> = {}) {
    const credentials = await this.credentials({ role: 'node' });
    const cancelled: string[] = [];
    const dispatcher: RpcDispatcher = {
      dispatch: answer,
      cancelStep: async (stepId) => void cancelled.push(stepId),
    };
    const openConsole = () => Promise.reject(new GantryError('CONSOLE_MISSING', { instance: 'none', problem: 'a test' }));
    const server = new RpcServer({ credentials, dispatcher, openConsole, log: silentLog, ...more });
    const port = await server.listen('127.0.0.1', 0);
    this.#closers.push(() => server.close());
    const { fingerprint } = credentials;
    return { server, port, cancelled, fingerprint, credentials, target: { name: 'n1', address: '127.0.0.1', port, fingerprint } };
  }

  /** A master's client whose only node is `target`. */
  async client(target: ReturnType<NodeClientOptions['resolve']>, more: Partial<NodeClientOptions> = {}): Promise<NodeClient> {
    const credentials = more.credentials ?? (await this.credentials({ role: 'master', name: 'master' }));
    const client = createNodeClient({ term: 1, resolve: () => target, retryDelaysMs: [20, 20], ...more, credentials });
    this.#closers.push(() => client.close());
    return client;
  }

  /** Connections of a master that looks at nothing. */
  async pool(options: AgentOptions): Promise<Agent> {
    const { key, certificate, ca } = await this.credentials({ role: 'master', name: 'master' });
    return new Agent({ ...options, key, cert: certificate, ca, maxCachedSessions: 0, checkServerIdentity: () => undefined });
  }

  /** A master's request as it is given; resolves with the lines of the answer. */
  async raw({ port, path, method = 'POST', headers = {}, body = '{}', agent }: RawRequest) {
    const pool = agent ?? (await this.pool({}));
    return new Promise<{ status: number; connection: string | undefined; lines: unknown[]; line: unknown }>((resolve, reject) => {
      const all = { ...headers, 'content-length': Buffer.byteLength(body) };
      const sent = request({ host: '127.0.0.1', port, path, method, headers: all, agent: pool }, (response) => {
        const { statusCode = 0, headers: got } = response;
        const take = (whole: string) => {
          const lines = whole
            .trimEnd()
            .split('\n')
            .map((line): unknown => JSON.parse(line));
          resolve({ status: statusCode, connection: got.connection, lines, line: lines.at(-1) });
        };
        text(response).then(take).catch(reject);
      });
      sent.on('error', reject).end(body);
    });
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }
}

/** For `assert.rejects`. */
export const withCode =
  (code: string, text?: RegExp) =>
  (error: unknown): boolean => {
    if (!(error instanceof GantryError)) throw error;
    if (error.code !== code || (text && !text.test(error.message))) throw new Error(`expected ${code} ${text ?? ''}`, { cause: error });
    return true;
  };
