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
    // Of all of them, whichever fits, so that the time says nothing.
    return known.filter((token) => crypto().timingSafeEqual(token, hash)).length > 0;
  };
}

const members = new WeakMap<TLSSocket, boolean>();

/**
 * Nodes and masters of the cluster; and whoever has a certificate of an authority of the operator's own, which names no roles.
 * The certificate of the REST API is for serving alone.
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
