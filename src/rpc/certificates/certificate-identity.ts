import type { X509Certificate } from 'node:crypto';
import { type CertificateRole, certificateRole } from '../../base/index.ts';
import { publicKeyFingerprint } from './fingerprint.ts';

/** Who a certificate says its holder is. Only to be believed when the cluster CA has signed it. */
export interface CertificateIdentity {
  readonly role: CertificateRole | undefined;
  readonly name: string;
  readonly fingerprint: string;
  readonly serial: string;
}

export function certificateIdentity(certificate: X509Certificate): CertificateIdentity {
  return {
    role: certificateRole(certificate.subjectAltName),
    name: /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '',
    fingerprint: publicKeyFingerprint(certificate),
    serial: certificate.serialNumber.toLowerCase(),
  };
}
