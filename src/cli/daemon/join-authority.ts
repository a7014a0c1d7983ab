import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { JoinAuthority } from '../../cluster/index.ts';
import { certificateFingerprint, encodeJoinToken, signNode } from '../../rpc/index.ts';
import type { masterPaths } from './master-files.ts';

/** Signs with the CA in the master's files. @param addresses `host:port` of the REST API for joining nodes */
export async function joinAuthority(paths: ReturnType<typeof masterPaths>, addresses: readonly string[]): Promise<JoinAuthority> {
  const [key, ca, crl] = await Promise.all([paths.caKey, paths.ca, paths.crl].map((path) => readFile(path, 'utf8')));
  const authority = { key: key ?? '', certificate: ca ?? '' };
  const caSha256 = certificateFingerprint(new X509Certificate(authority.certificate));
  return {
    ca: authority.certificate,
    crl: crl ?? '',
    signNode: (csr, node) => signNode(authority, csr, node),
    encodeToken: ({ id, secret, node }) => encodeJoinToken({ v: 1, id, secret, master: [...addresses], ca_sha256: caSha256, node }),
  };
}
