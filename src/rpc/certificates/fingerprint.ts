import { createHash, type X509Certificate } from 'node:crypto';

/** SHA-256 of the public key (SubjectPublicKeyInfo, DER), hex. It stays the same when a certificate is renewed. */
export function publicKeyFingerprint(certificate: X509Certificate): string {
  return createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** SHA-256 of a whole certificate (DER), hex: what a join token pins. */
export function certificateFingerprint(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex');
}
