import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type CertificateRole, GantryError, roleUri } from '../../base/index.ts';
import { cryptoKeys, keyAlgorithm } from './authority-keys.ts';
import { type Authority, clockSkewMs } from './create-authority.ts';
import { createKeyAndRequest } from './create-request.ts';
import { publicKeyFingerprint } from './fingerprint.ts';
import * as x509 from './x509.ts';

export interface CertificateSubject {
  readonly role: CertificateRole;
  readonly name: string;
  /** IP addresses, and further DNS names, under which the holder is reached. */
  readonly addresses: readonly string[];
}

export interface SignOptions {
  /** Milliseconds since 1970. */
  readonly now?: number;
  readonly days?: number;
}

export interface SignedCertificate {
  /** PEM. */
  readonly certificate: string;
  /** Of the public key: SHA-256, hex; to be registered with the node. */
  readonly fingerprint: string;
  /** Serial number, hex. */
  readonly serial: string;
  /** When it ends, seconds since 1970. */
  readonly expires: number;
}

const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
const usages: Record<CertificateRole, x509.ExtendedKeyUsageType[]> = {
  node: [serverAuth, clientAuth],
  master: [clientAuth],
  server: [serverAuth],
};

/**
 * Signs a request. Only the public key is taken from it; name, addresses and role are the caller's.
 * @throws CERTIFICATE_REQUEST_INVALID
 */
export async function signCertificate(
  authority: Authority,
  csr: string,
  subject: CertificateSubject,
  { now = Date.now(), days = 365 }: SignOptions = {},
): Promise<SignedCertificate> {
  const publicKey = await requestKey(csr);
  const issuer = new x509.X509Certificate(authority.certificate);
  const { privateKey } = cryptoKeys(authority.key);
  const names = [...new Set([subject.name, ...subject.addresses])];
  const signed = await x509.X509CertificateGenerator.create({
    subject: [{ O: ['Gantry'] }, { OU: [subject.role] }, { CN: [subject.name.slice(0, 64)] }],
    issuer: issuer.subjectName,
    publicKey,
    signingKey: privateKey,
    signingAlgorithm: keyAlgorithm,
    notBefore: new Date(now - clockSkewMs),
    notAfter: new Date(Math.min(now + days * 86_400_000, issuer.notAfter.getTime())),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages[subject.role]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: roleUri(subject.role) },
        ...names.map((name) => ({ type: isIP(name) ? ('ip' as const) : ('dns' as const), value: name })),
      ]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  const certificate = `${signed.toString('pem')}\n`;
  const made = new X509Certificate(certificate);
  const expires = made.validToDate.getTime() / 1000;
  return { certificate, fingerprint: publicKeyFingerprint(made), serial: made.serialNumber.toLowerCase(), expires };
}

/** A certificate for a node agent: server for the master, client for other nodes. @throws CERTIFICATE_REQUEST_INVALID */
export function signNode(
  authority: Authority,
  csr: string,
  node: { readonly name: string; readonly addresses: readonly string[] },
  options?: SignOptions,
): Promise<SignedCertificate> {
  return signCertificate(authority, csr, { ...node, role: 'node' }, options);
}

/**
 * A key and certificate made in one place, without a request that travels: `master` calls node agents, `server` is
 * the REST API. The certificate of a server is followed by the CA's, so that a joining node can compare it.
 */
export async function createCertificate(
  authority: Authority,
  subject: CertificateSubject,
  options?: SignOptions,
): Promise<SignedCertificate & { readonly key: string }> {
  const { key, csr } = await createKeyAndRequest(subject.name);
  const signed = await signCertificate(authority, csr, subject, options);
  const certificate = subject.role === 'server' ? signed.certificate + authority.certificate : signed.certificate;
  return { ...signed, certificate, key };
}

async function requestKey(csr: string): Promise<x509.PublicKey> {
  const refuse = (problem: string, cause?: unknown) => new GantryError('CERTIFICATE_REQUEST_INVALID', { problem }, { cause });
  let request: x509.Pkcs10CertificateRequest;
  let authentic: boolean;
  try {
    request = new x509.Pkcs10CertificateRequest(csr);
    authentic = await request.verify();
  } catch (error) {
    throw refuse('it cannot be read', error);
  }
  if (!authentic) throw refuse('it is not signed with its own key');
  const { namedCurve } = request.publicKey.algorithm as { namedCurve?: string };
  if (namedCurve !== 'P-256') throw refuse('its key is not ECDSA P-256');
  return request.publicKey;
}
