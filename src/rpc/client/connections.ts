import { X509Certificate } from 'node:crypto';
import { Agent } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { certificateIdentity } from '../certificates/certificate-identity.ts';
import type { Credentials } from '../certificates/check-certificate.ts';
import { addressOf, type NodeTarget } from './node-target.ts';

/** Why a server's certificate is not the one that is registered. */
export class IdentityMismatch extends Error {
  readonly code = 'GANTRY_IDENTITY';
}

/** Kept-alive connections, a pool for each node; every connection is pinned to the node's registered key. */
export class Connections {
  /** One for all: reading keys and certificates costs more than a handshake. */
  #context: SecureContext;
  /** By UUID of the node. */
  readonly #pools = new Map<string, { readonly place: string; readonly agent: Agent }>();

  constructor(credentials: Credentials) {
    this.#context = contextOf(credentials);
  }

  /** The pool of a node; a node that moved or got another key gets a new one. */
  pool(nodeUuid: string, target: NodeTarget): Agent {
    const place = `${addressOf(target)} ${target.fingerprint}`;
    const known = this.#pools.get(nodeUuid);
    if (known?.place === place) return known.agent;
    if (known) retire(known.agent);
    const agent = new Agent({
      keepAlive: true,
      // Sessions are not resumed: every connection is verified against the present list of revoked certificates.
      maxCachedSessions: 0,
      secureContext: this.#context,
      // Sent in clear text, so it says nothing; the certificate is pinned by its key instead of by a name.
      servername: '',
      checkServerIdentity: (_host, peer) => mismatch(new X509Certificate(peer.raw), target),
    });
    this.#pools.set(nodeUuid, { place, agent });
    return agent;
  }

  /** New connections use these; old ones are closed when they are idle. */
  replaceCredentials(credentials: Credentials): void {
    this.#context = contextOf(credentials);
    for (const { agent } of this.#pools.values()) retire(agent);
    this.#pools.clear();
  }

  close(): void {
    for (const { agent } of this.#pools.values()) agent.destroy();
  }
}

/** Nobody asks this pool any more: its idle connections end now, those in use when they are not kept. */
function retire(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  agent.maxFreeSockets = 0;
}

function contextOf({ key, certificate, ca, crl }: Credentials): SecureContext {
  return createSecureContext({ key, cert: certificate, ca, crl, minVersion: 'TLSv1.3' });
}

function mismatch(certificate: X509Certificate, { fingerprint }: NodeTarget): Error | undefined {
  const found = certificateIdentity(certificate);
  if (found.fingerprint !== fingerprint) return new IdentityMismatch(`its key is that of "${found.name}" (${found.fingerprint})`);
  if (found.role !== 'node') return new IdentityMismatch(`its certificate is that of a ${found.role ?? 'stranger'}`);
  return undefined;
}
