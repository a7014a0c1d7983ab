import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { type CertificateRole, certificateRole } from '../../base/index.ts';

/** Why a server was not believed to be the one that was meant. */
export class UntrustedServer extends Error {}

/** Revoked certificates, PEM, and what the server must be where the cluster's authority has signed for it. */
export interface ServerKind {
  readonly crl?: string | undefined;
  readonly role?: CertificateRole | undefined;
}

/** Who we are, for servers that ask: PEM. */
export interface ClientIdentity {
  readonly key: string;
  readonly cert: string;
}

/**
 * Connects to a server whose certificate is one of these, whatever name it has, or is signed by one of them for the name of
 * the host.
 * @param trusted PEM
 * @throws UntrustedServer
 */
export async function connectTrusted(
  { host, port }: { readonly host: string; readonly port: number },
  trusted: readonly string[],
  signal: AbortSignal,
  client?: ClientIdentity,
  { crl, role }: ServerKind = {},
): Promise<TLSSocket> {
  // What is wrong with the certificate is looked at here, before anything is sent.
  const socket = connect({
    host,
    port,
    servername: isIP(host) ? '' : host,
    ca: [...trusted],
    rejectUnauthorized: false,
    ...(crl && { crl }),
    ...client,
  });
  try {
    await once(socket, 'secureConnect', { signal });
    const problem = doubt(socket, trusted) ?? wrongRole(socket, role);
    if (problem !== undefined) throw new UntrustedServer(problem);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Certificates of other authorities have no role. */
function wrongRole(socket: TLSSocket, wanted: CertificateRole | undefined): string | undefined {
  const role = certificateRole(socket.getPeerX509Certificate()?.subjectAltName);
  return role === undefined || wanted === undefined || role === wanted
    ? undefined
    : `its certificate is that of a ${role}, not of a ${wanted}`;
}

function doubt(socket: TLSSocket, trusted: readonly string[]): string | undefined {
  const certificate = socket.getPeerX509Certificate();
  const isOneOfThem = trusted.some((pem) => new X509Certificate(pem).fingerprint256 === certificate?.fingerprint256);
  if (certificate && isOneOfThem) return certificate.validToDate.getTime() < Date.now() ? 'its certificate has expired' : undefined;
  return socket.authorized ? undefined : String(socket.authorizationError).toLowerCase().replaceAll('_', ' ');
}
