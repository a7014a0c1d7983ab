import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { basicCredentials, type Credentials } from './basic-credentials.ts';

/** The certificate that a client showed in the TLS handshake. */
export interface PeerCertificate {
  readonly certificate: NonNullable<ReturnType<TLSSocket['getPeerX509Certificate']>>;
  /** Whether an authority of one of the schemes has signed it, and its time is not over. A resumed session was checked too long ago. */
  readonly trusted: boolean;
}

/** What a request shows of its sender. What costs work is read when a scheme asks for it, and once. */
export class Presented {
  readonly headers: IncomingHttpHeaders;
  /** Of the client. */
  readonly address: string;
  readonly #socket: Duplex | undefined;
  #basic: Credentials | null | undefined;
  #cookies: ReadonlyMap<string, string> | undefined;

  constructor(headers: IncomingHttpHeaders, address: string, socket?: Duplex) {
    this.headers = headers;
    this.address = address;
    this.#socket = socket;
  }

  /** Name and password of HTTP Basic. */
  get basic(): Credentials | undefined {
    this.#basic ??= basicCredentials(this.headers.authorization) ?? null;
    return this.#basic ?? undefined;
  }

  /** By name; of a name that comes twice the first counts, since the browser puts the one of the narrower path there. */
  get cookies(): ReadonlyMap<string, string> {
    this.#cookies ??= readCookies(this.headers.cookie);
    return this.#cookies;
  }

  /** Undefined unless the server asks for certificates, which it does when a scheme names authorities. */
  get certificate(): PeerCertificate | undefined {
    const socket = this.#socket as Partial<TLSSocket> | undefined;
    const certificate = socket?.getPeerX509Certificate?.();
    return certificate && { certificate, trusted: socket?.authorized === true && socket.isSessionReused?.() === false };
  }
}

function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (header ?? '').split(';')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim();
    if (equals < 1 || name === '' || cookies.has(name)) continue;
    cookies.set(
      name,
      part
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1'),
    );
  }
  return cookies;
}
