import { createPrivateKey, X509Certificate } from 'node:crypto';
import { GantryError } from '../../base/index.ts';

/** What a process needs to speak TLS in its cluster; PEM texts. */
export interface Credentials {
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
  readonly crl: string;
}

/**
 * Checks that key, certificate and CA fit together and are valid now.
 * @throws CERTIFICATE_UNFIT with the reason
 */
export function checkCertificate(credentials: Pick<Credentials, 'key' | 'certificate' | 'ca'>, subject: string, now = Date.now()): void {
  const unfit = (problem: string, cause?: unknown) => new GantryError('CERTIFICATE_UNFIT', { subject, problem }, { cause });
  let certificate: X509Certificate;
  let ca: X509Certificate;
  try {
    certificate = new X509Certificate(credentials.certificate);
    ca = new X509Certificate(credentials.ca);
    if (!certificate.checkPrivateKey(createPrivateKey(credentials.key))) throw unfit('it belongs to another key');
  } catch (error) {
    throw error instanceof GantryError ? error : unfit('it cannot be read', error);
  }
  if (!ca.ca || !certificate.checkIssued(ca) || !certificate.verify(ca.publicKey))
    throw unfit('it is not signed by the CA of this cluster');
  if (certificate.validFromDate.getTime() > now) throw unfit(`it is valid only from ${certificate.validFromDate.toISOString()}`);
  if (certificate.validToDate.getTime() < now) throw unfit(`it has expired on ${certificate.validToDate.toISOString()}`);
}
