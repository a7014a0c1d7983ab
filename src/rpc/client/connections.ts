import { X509Certificate } from 'node:crypto';
import { Agent } from 'node:https';
import { certificateIdentity } from '../certificates/certificate-identity.ts';
import type { Credentials } from '../certificates/check-certificate.ts';
import { addressOf, type NodeTarget } from './node-target.ts';

/** Why a server's certificate is not the one that is registered. */
export class IdentityMismatch extends Error {
  readonly code = 'GANTRY_IDENTITY';
}

/** Kept-alive connections, a pool for each node; every connection is pinned to the node's registered key. */
export class Connections {
  #credentials: Credentials;
  readonly #pools = new Map<string, Agent>();

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** The pool of a node; a node that moved or got another key gets a new one. */
  pool(nodeUuid: string, target: NodeTarget): Agent {
    const key = `${nodeUuid} ${addressOf(target)} ${target.fingerprint}`;
    const known = this.#pools.get(key);
    if (known) return known;
    this.#drop((other) => other.startsWith(`${nodeUuid} `));
    const { key: privateKey, certificate, ca, crl } = this.#credentials;
    const pool = new Agent({
      keepAlive: true,
      // Sessions are not resumed: every connection is verified against the present list of revoked certificates.
      maxCachedSessions: 0,
      key: privateKey,
      cert: certificate,
      ca,
      crl,
      minVersion: 'TLSv1.3',
      // Sent in clear text, so it says nothing; the certificate is pinned by its key instead of by a name.
      servername: '',
      checkServerIdentity: (_host, peer) => mismatch(new X509Certificate(peer.raw), target),
    });
    this.#pools.set(key, pool);
    return pool;
  }

  /** New connections use these; old ones are closed when they are idle. */
  replaceCredentials(credentials: Credentials): void {
    this.#credentials = credentials;
    this.#drop(() => true);
  }

  close(): void {
    for (const pool of this.#pools.values()) pool.destroy();
    this.#pools.clear();
  }

  #drop(which: (key: string) => boolean): void {
    for (const [key, pool] of this.#pools) {
      if (!which(key)) continue;
      this.#pools.delete(key);
      for (const sockets of Object.values(pool.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
      // Sockets in use are not kept for a pool that nobody asks any more.
      pool.maxFreeSockets = 0;
    }
  }
}

function mismatch(certificate: X509Certificate, { fingerprint }: NodeTarget): Error | undefined {
  const found = certificateIdentity(certificate);
  if (found.fingerprint !== fingerprint) return new IdentityMismatch(`its key is that of "${found.name}" (${found.fingerprint})`);
  if (found.role !== 'node') return new IdentityMismatch(`its certificate is that of a ${found.role ?? 'stranger'}`);
  return undefined;
}
