import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { GantryError } from '../../base/index.ts';
import { type CertificateIdentity, certificateIdentity } from '../certificates/certificate-identity.ts';

export interface CallerCheck {
  /** Who is at the other end. @throws RPC_CALLER_REFUSED when it may not call */
  (socket: Socket): CertificateIdentity;
}

/**
 * Only holders of a master certificate may call. TLS has verified chain, validity and revocation when this runs.
 * @param isRegistered a further condition on the caller, if any
 */
export function createCallerCheck(isRegistered: (caller: CertificateIdentity) => boolean = () => true): CallerCheck {
  const known = new WeakMap<Socket, CertificateIdentity>();
  return (socket) => {
    const refuse = (problem: string) => new GantryError('RPC_CALLER_REFUSED', { problem });
    let caller = known.get(socket);
    if (!caller) {
      if (!(socket instanceof TLSSocket) || !socket.authorized) throw refuse('the connection is not authenticated');
      // A resumed session was verified against an older list of revoked certificates.
      if (socket.isSessionReused()) throw refuse('TLS sessions are not resumed here');
      const certificate = socket.getPeerX509Certificate();
      if (!certificate) throw refuse('there is none');
      caller = certificateIdentity(certificate);
      known.set(socket, caller);
    }
    if (caller.role !== 'master') throw refuse(`it is that of a ${caller.role ?? 'stranger'} (${caller.name}), not of a master`);
    if (!isRegistered(caller)) throw refuse(`its key (${caller.name}) is not registered`);
    return caller;
  };
}
