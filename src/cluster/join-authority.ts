import type { SignedCertificateRecord } from '../model/index.ts';

/** What lets a node in: signs its request with the cluster's CA. PEM texts. */
export interface JoinAuthority {
  signNode(
    csr: string,
    node: { readonly name: string; readonly addresses: readonly string[] },
  ): Promise<{ readonly certificate: string; readonly fingerprint: string } & SignedCertificateRecord>;
  readonly ca: string;
  /** Signs a list of revoked certificates: serial numbers, hex, and times in milliseconds. */
  revocationList(revoked: readonly { readonly serial: string; readonly at: number }[]): Promise<string>;
  /** Keeps the list for this master, and has its connections checked by it from now on. */
  useRevocationList(crl: string): Promise<void>;
  /** Serial numbers in the list that this master keeps, in the form of `plainSerial`; none where there is no list, or a damaged one. */
  keptRevocations?(): Promise<readonly string[]>;
  /** Makes the text of a token that carries the CA's fingerprint. */
  encodeToken(token: { readonly id: string; readonly secret: string; readonly node: string }): string;
}
