import { createKey, cryptoKeys, keyAlgorithm } from './authority-keys.ts';
import * as x509 from './x509.ts';

/** A certificate authority as it is stored; both texts in PEM form. The key never leaves the master candidates. */
export interface Authority {
  readonly certificate: string;
  readonly key: string;
}

const dayMs = 86_400_000;
/** Certificates are valid from a little before now, because the clocks of hosts differ. */
export const clockSkewMs = 300_000;

/**
 * Makes the CA of a new cluster.
 * @param now milliseconds since 1970
 */
export async function createAuthority(clusterName: string, { now = Date.now(), days = 3650 } = {}): Promise<Authority> {
  const key = createKey();
  const keys = cryptoKeys(key);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ O: ['Gantry'] }, { OU: ['authority'] }, { CN: [clusterName.slice(0, 64)] }],
    keys,
    notBefore: new Date(now - clockSkewMs),
    notAfter: new Date(now + days * dayMs),
    signingAlgorithm: keyAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key };
}
