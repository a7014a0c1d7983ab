import type { X509Certificate } from 'node:crypto';
import { publicKeyFingerprint } from './fingerprint.ts';

/** `node`: an agent. `master`: may call agents. `server`: the REST API. */
export type CertificateRole = 'node' | 'master' | 'server';

/** Who a certificate says its holder is. Only to be believed when the cluster CA has signed it. */
export interface CertificateIdentity {
  readonly role: CertificateRole | undefined;
  readonly name: string;
  readonly fingerprint: string;
  readonly serial: string;
}

const roles: readonly CertificateRole[] = ['node', 'master', 'server'];

/** The role stands in the certificate as an alternative name of type URI. */
export const roleUri = (role: CertificateRole): string => `urn:gantry:${role}`;

export function certificateIdentity(certificate: X509Certificate): CertificateIdentity {
  // Node quotes names that have a comma, so a name cannot pretend to be a list.
  const names = new Set((certificate.subjectAltName ?? '').split(', '));
  return {
    role: roles.find((role) => names.has(`URI:${roleUri(role)}`)),
    name: /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '',
    fingerprint: publicKeyFingerprint(certificate),
    serial: certificate.serialNumber.toLowerCase(),
  };
}
