import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { certificateRole, GantryError } from '../../base/index.ts';
import type { ClientConfig } from './client-config.ts';
import { errorFromReply } from './reported-error.ts';

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole exchange; default 30,000. */
  readonly timeoutMs?: number;
}

/** A connection to the REST API of one cluster, kept alive between requests. */
export interface HttpClient {
  readonly config: ClientConfig;
  /**
   * Sends one request and returns the JSON of the answer.
   * @throws ReportedError for a refusal, CLI_CLUSTER_UNREACHABLE, CLI_CERTIFICATE_REFUSED, CLI_REPLY_UNREADABLE, TIMED_OUT
   */
  request(method: string, path: string, options?: RequestOptions): Promise<unknown>;
  close(): void;
}

const replyLimitBytes = 512 * 1024 * 1024;

export function createHttpClient(config: ClientConfig): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 4, ...trustOf(config) });
  return {
    config,
    request: (method, path, options = {}) => exchange(config, agent, method, path, options),
    close: () => agent.destroy(),
  };
}

/** How the server must be known, for every connection to the REST API. */
export const trustOf = (config: Pick<ClientConfig, 'ca'>): { ca?: string; checkServerIdentity: typeof checkServer } => ({
  ...(config.ca ? { ca: config.ca } : {}),
  checkServerIdentity: checkServer,
});

/** A node's certificate names the node's address, too: but only one of the REST API may be told a password. */
function checkServer(host: string, peer: PeerCertificate): Error | undefined {
  const role = certificateRole(peer.subjectaltname);
  if (role === undefined || role === 'server') return checkServerIdentity(host, peer);
  return Object.assign(new Error(`its certificate is that of a ${role}, not of the REST API`), { code: 'ERR_TLS_CERT_ROLE' });
}

/** The header that says who asks. */
export function authorization(config: ClientConfig): Record<string, string> {
  if (!config.credentials) return {};
  const { user, password } = config.credentials;
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

async function exchange(config: ClientConfig, agent: Agent, method: string, path: string, options: RequestOptions): Promise<unknown> {
  const url = new URL(path, config.url);
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const timeoutMs = options.timeoutMs ?? 30_000;
  const limit = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  let reply: { status: number; text: string };
  try {
    reply = await send(url, agent, method, { ...options.headers, ...authorization(config) }, options.body, signal);
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    if (limit.aborted) {
      throw new GantryError('TIMED_OUT', { subject: `The request ${method} ${url.pathname}`, seconds: timeoutMs / 1000 }, { cause: error });
    }
    throw connectionError(error, config);
  }
  return readReply(reply, `${method} ${url.pathname}`, config);
}

function send(url: URL, agent: Agent, method: string, headers: Record<string, string>, body: unknown, signal: AbortSignal) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const contentHeaders = payload ? { 'content-type': 'application/json', 'content-length': payload.length } : {};
    const request = httpsRequest(
      url,
      { method, agent, signal, headers: { accept: 'application/json', ...headers, ...contentHeaders } },
      (response) => collect(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject),
    );
    request.on('error', reject);
    request.end(payload);
  });
}

async function collect(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > replyLimitBytes) throw new Error('the answer is too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function readReply({ status, text }: { status: number; text: string }, request: string, config: ClientConfig): unknown {
  const ok = status >= 200 && status < 300;
  if (ok && text.trim() === '') return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!ok) throw errorFromReply(status, undefined);
    const facts = { url: config.url.origin, request, detail: (error as Error).message };
    throw new GantryError('CLI_REPLY_UNREADABLE', facts, { cause: error });
  }
  if (!ok) throw errorFromReply(status, value);
  return value;
}

/** Sorts the failures of sockets and of TLS by what the user can do about them. */
export function connectionError(error: unknown, config: ClientConfig): GantryError {
  if (error instanceof GantryError) return error;
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  const url = config.url.origin;
  if (/CERT|PURPOSE|SELF_SIGNED|UNABLE_TO_|ERR_TLS/.test(code)) {
    return new GantryError('CLI_CERTIFICATE_REFUSED', { url, ca: config.caFile ?? 'the system', detail: message }, { cause: error });
  }
  // With several addresses for one name, Node hands out an AggregateError without a text of its own.
  const inner = error instanceof AggregateError ? (error.errors as Error[]).map((one) => one.message).join('; ') : '';
  return new GantryError('CLI_CLUSTER_UNREACHABLE', { url, detail: inner || message || code }, { cause: error });
}
