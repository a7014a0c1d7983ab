import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { certificateRole } from '../../base/index.ts';

/** Who may ask. Either is enough; with none of them given, anybody. */
export interface Access {
  /** Bearer tokens. */
  readonly tokens: readonly string[];
  /** Holders of a certificate of the cluster's authority; needs TLS. */
  readonly certificates: boolean;
}

/** Decides about requests; TLS has checked chain, validity and revocation of certificates before. */
export function createAccessCheck({ tokens, certificates }: Access): (request: IncomingMessage) => boolean {
  const known = tokens.map(digest);
  return (request) => {
    if (known.length === 0 && !certificates) return true;
    if (certificates && isMember(request.socket as TLSSocket)) return true;
    const given = /^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (given === undefined) return false;
    const hash = digest(given);
    // All tokens are compared, even after a match, so that the time reveals nothing.
    return known.filter((token) => crypto().timingSafeEqual(token, hash)).length > 0;
  };
}

const members = new WeakMap<TLSSocket, boolean>();

/**
 * Nodes and masters of the cluster, and clients with a certificate of the operator's own authority, which has no roles. The
 * certificate of the REST API is only for serving.
 */
function isMember(socket: TLSSocket): boolean {
  if (!socket.authorized) return false;
  const known = members.get(socket);
  if (known !== undefined) return known;
  const member = certificateRole(socket.getPeerCertificate().subjectaltname) !== 'server';
  members.set(socket, member);
  return member;
}

// Loaded where there are tokens only.
const crypto = () => process.getBuiltinModule('node:crypto');

const digest = (text: string): Buffer => crypto().createHash('sha256').update(text).digest();
