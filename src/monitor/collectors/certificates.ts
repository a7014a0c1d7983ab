import type { Collector } from '../collector/collector.ts';
import type { Status } from './status.ts';

interface CertificateFacts {
  readonly path: string;
  readonly subject: string;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A file that holds no certificate that can be read. */
interface BrokenCertificate {
  readonly path: string;
  readonly problem: string;
}

interface CertificatesReport {
  readonly status: Status;
  readonly certificates: readonly (CertificateFacts | BrokenCertificate)[];
}

/** Where the processes of this node keep theirs, unless told otherwise. */
const folders = ['/var/lib/gantry', '/var/lib/gantry/master', '/var/lib/gantry/node', '/etc/gantry'];

/** Reads one certificate in PEM, the first of the file. @throws Error of OpenSSL */
export function parseCertificate(path: string, pem: string): CertificateFacts {
  // Not imported: who only asks what collectors there are needs nothing of it.
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  const { subject, validFromDate, validToDate } = new X509Certificate(pem);
  return {
    path,
    subject: (subject ?? '').split('\n').join(', '),
    notBefore: validFromDate.getTime() / 1000,
    notAfter: validToDate.getTime() / 1000,
  };
}

/**
 * Expired is bad; so is what cannot be read. The agents renew theirs when a third of the life is left, so one with less
 * than a fifth waits for a renewal that does not come.
 * @param now - seconds since 1970
 */
export function judgeCertificates(certificates: CertificatesReport['certificates'], now: number): Status {
  const problems = certificates.flatMap((one): Status[] => {
    if ('problem' in one) return [{ code: 4, message: `${one.path} is no certificate: ${one.problem}` }];
    const left = one.notAfter - now;
    const days = Math.floor(Math.abs(left) / 86_400);
    if (left <= 0) return [{ code: 4, message: `${one.path} expired ${days} days ago` }];
    if (now < one.notBefore) return [{ code: 4, message: `${one.path} is not valid yet` }];
    return left < (one.notAfter - one.notBefore) / 5 ? [{ code: 1, message: `${one.path} expires in ${days} days` }] : [];
  });
  const code = problems.some((status) => status.code === 4) ? 4 : problems.length > 0 ? 1 : 0;
  return { code, message: problems.map(({ message }) => message).join('\n') };
}

export const certificates: Collector<CertificatesReport> = {
  name: 'certificates',
  category: 'daemon',
  kind: 'status',
  version: 'B',
  formatVersion: 1,
  help: "When the certificates of this node's daemons expire.",
  interval: 300,
  timeout: 2,
  longestInterval: 3600,
  metrics: [
    {
      name: 'gantry_certificate_expiry_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'When a certificate expires, since 1970.',
      labels: ['path'],
    },
  ],
  measure: (data, emit) => {
    for (const one of data.certificates) if ('notAfter' in one) emit('gantry_certificate_expiry_seconds', one.notAfter, one.path);
  },
  start:
    ({ files, wallTime }) =>
    () => {
      const paths = folders.flatMap((folder) => {
        const names = files.list(folder).filter((name) => name.endsWith('.crt'));
        return names.sort().map((name) => `${folder}/${name}`);
      });
      const found = paths.flatMap((path) => {
        try {
          // Renewal puts a new file in its place: a kept descriptor would show the old one for ever.
          const pem = files.readOnce(path);
          return pem === undefined ? [] : parseCertificate(path, pem);
        } catch (error) {
          return { path, problem: error instanceof Error ? error.message : String(error) };
        }
      });
      return { status: judgeCertificates(found, wallTime() / 1000), certificates: found };
    },
};
