import { cryptoKeys, keyAlgorithm } from './authority-keys.ts';
import type { Authority } from './create-authority.ts';
import * as x509 from './x509.ts';

export interface RevokedCertificate {
  /** Serial number, hex. */
  readonly serial: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * The list of certificates that are not to be accepted any more, PEM. It has no end of validity: a list that ran out
 * would lock every node out of its cluster; a newer one is pushed to the nodes instead.
 */
export async function createRevocationList(
  authority: Authority,
  revoked: readonly RevokedCertificate[],
  now = Date.now(),
): Promise<string> {
  const { privateKey } = cryptoKeys(authority.key);
  const issuer = new x509.X509Certificate(authority.certificate);
  const list = await x509.X509CrlGenerator.create({
    issuer: issuer.subjectName,
    thisUpdate: new Date(now - 300_000),
    signingKey: privateKey,
    signingAlgorithm: keyAlgorithm,
    entries: revoked.map(({ serial, at }) => ({ serialNumber: serial, revocationDate: new Date(at) })),
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey)],
  });
  // The library labels it "CRL"; OpenSSL, and so Node, reads only "X509 CRL".
  return `${list.toString('pem').replaceAll(/(BEGIN|END) CRL/g, '$1 X509 CRL')}\n`;
}
