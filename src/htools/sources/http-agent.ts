import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { type ClientIdentity, connectTrusted, type ServerKind } from './connect-trusted.ts';

/** How a server must be known, and who we are. */
export interface HttpTrust extends ServerKind {
  /**
   * Certificates (PEM) of which the server must show that it is meant, see `connectTrusted`. Undefined: it is not asked, as
   * in Ganeti's tools, since clusters sign their own.
   */
  readonly trusted?: readonly string[] | undefined;
  /** Shown to a server that is trusted and asks who we are. */
  readonly client?: ClientIdentity | undefined;
}

/** Keeps one connection to a server, for questions one after the other. `destroy()` ends it. */
export function createHttpAgent({ protocol }: URL, { trusted, client, ...kind }: HttpTrust = {}): HttpAgent {
  const options = { keepAlive: true, maxSockets: 1 };
  if (protocol !== 'https:') return new HttpAgent(options);
  return trusted ? new TrustingAgent(options, trusted, client, kind) : new HttpsAgent({ ...options, rejectUnauthorized: false });
}

type Connected = (error: Error | null, socket: Duplex) => void;

class TrustingAgent extends HttpsAgent {
  readonly #ended = new AbortController();
  readonly #trusted: readonly string[];
  readonly #client: ClientIdentity | undefined;
  readonly #kind: ServerKind;

  constructor(
    options: { keepAlive: boolean; maxSockets: number },
    trusted: readonly string[],
    client: ClientIdentity | undefined,
    kind: ServerKind,
  ) {
    super(options);
    this.#trusted = trusted;
    this.#client = client;
    this.#kind = kind;
  }

  // The connection is handed out once the server is known, so that nothing is sent to another one.
  override createConnection(options: { host?: string | null; port?: number | string | null }, connected?: Connected): undefined {
    const place = { host: options.host ?? 'localhost', port: Number(options.port ?? 443) };
    connectTrusted(place, this.#trusted, this.#ended.signal, this.#client, this.#kind).then(
      (socket) => connected?.(null, socket),
      (error: Error) => connected?.(error, undefined as never),
    );
  }

  override destroy(): void {
    this.#ended.abort();
    super.destroy();
  }
}
