import { X509Certificate } from 'node:crypto';
import { certificateEnd } from './certificate-end.ts';
import type { ClusterCheck } from './verify-check.ts';

/** The certificates of the cluster and of the master that leads. */
export const checkOwnCertificates: ClusterCheck = function* ({ certificates, now }) {
  for (const { name, certificate } of certificates) {
    yield* certificateEnd(name, new X509Certificate(certificate).validToDate.getTime(), now);
  }
};
