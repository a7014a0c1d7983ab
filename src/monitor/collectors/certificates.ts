import { dirname, resolve } from 'node:path';
import type { ProcFiles } from '../../host/light.ts';
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

/** A file with a private key. */
interface PrivateKey {
  readonly path: string;
  /** Whether everybody on this host can read it. */
  readonly exposed: boolean;
}

interface CertificatesReport {
  readonly status: Status;
  readonly privateKeys: readonly PrivateKey[];
  readonly certificates: readonly (CertificateFacts | BrokenCertificate)[];
}

/** Where the processes of this node keep theirs, unless told otherwise. */
const usualFolders = ['/var/lib/gantry', '/var/lib/gantry/master', '/var/lib/gantry/node', '/etc/gantry'];

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
 * Expired is bad; so is what cannot be read. The agents renew theirs when a third of the lifetime is left. So if less than a
 * fifth is left, the renewal has failed. A key that everybody can read protects nothing.
 * @param now - seconds since 1970
 */
export function judgeCertificates({ certificates, privateKeys }: Omit<CertificatesReport, 'status'>, now: number): Status {
  const exposed = privateKeys.flatMap(({ path, exposed }): Status[] =>
    exposed ? [{ code: 4, message: `${path} is a private key that everybody can read` }] : [],
  );
  const expiring = certificates.flatMap((one): Status[] => {
    if ('problem' in one) return [{ code: 4, message: `${one.path} is not a certificate: ${one.problem}` }];
    const left = one.notAfter - now;
    const days = Math.floor(Math.abs(left) / 86_400);
    if (left <= 0) return [{ code: 4, message: `${one.path} expired ${days} days ago` }];
    if (now < one.notBefore) return [{ code: 4, message: `${one.path} is not valid yet` }];
    return left < (one.notAfter - one.notBefore) / 5 ? [{ code: 1, message: `${one.path} expires in ${days} days` }] : [];
  });
  const problems = [...expiring, ...exposed];
  const code = problems.some((status) => status.code === 4) ? 4 : problems.length > 0 ? 1 : 0;
  return { code, message: problems.map(({ message }) => message).join('\n') };
}

/** More in one folder than this are not the daemons'. */
const mostInFolder = 64;

/** Whether everybody can read a file, and come to it. */
function isExposed(files: ProcFiles, path: string): boolean {
  if (((files.look(path)?.mode ?? 0) & 0o004) === 0) return false;
  for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) {
    if (((files.look(folder)?.mode ?? 0) & 0o001) === 0) return false;
  }
  return true;
}

export const certificates: Collector<CertificatesReport> = {
  name: 'certificates',
  category: 'daemon',
  kind: 'status',
  version: 'B',
  formatVersion: 1,
  help: "When the certificates of this node's daemons and of this agent expire, and whether others can read their keys.",
  interval: 300,
  timeout: 2,
  longestInterval: 3600,
  metrics: [
    {
      name: 'gantry_certificate_expiry_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'When a certificate expires, in seconds since 1970.',
      labels: ['path'],
    },
    { name: 'gantry_private_key_exposed', type: 'gauge', help: 'Whether everybody on the host can read a private key.', labels: ['path'] },
  ],
  measure: (data, emit) => {
    for (const one of data.certificates) if ('notAfter' in one) emit('gantry_certificate_expiry_seconds', one.notAfter, one.path);
    for (const { path, exposed } of data.privateKeys) emit('gantry_private_key_exposed', exposed ? 1 : 0, path);
  },
  start: ({ files, wallTime, certificates: given }) => {
    const folders = [...new Set([...usualFolders, ...(given === undefined ? [] : [resolve(given)])])];
    const find = (ending: string) =>
      folders.flatMap((folder) => {
        const names = files.list(folder).filter((name) => name.endsWith(ending));
        return names
          .sort()
          .slice(0, mostInFolder)
          .map((name) => `${folder}/${name}`);
      });
    return () => {
      const found = find('.crt').flatMap((path) => {
        try {
          // Renewal puts a new file in its place: a kept descriptor would show the old one for ever.
          const pem = files.readOnce(path);
          return pem === undefined ? [] : parseCertificate(path, pem);
        } catch (error) {
          return { path, problem: error instanceof Error ? error.message : String(error) };
        }
      });
      const privateKeys = find('.key').map((path) => ({ path, exposed: isExposed(files, path) }));
      const facts = { certificates: found, privateKeys };
      return { status: judgeCertificates(facts, wallTime() / 1000), ...facts };
    };
  },
};
