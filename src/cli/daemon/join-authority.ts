import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../../base/index.ts';
import type { JoinAuthority } from '../../cluster/index.ts';
import {
  certificateFingerprint,
  checkRevocationList,
  createRevocationList,
  encodeJoinToken,
  plainSerial,
  signNode,
} from '../../rpc/index.ts';
import type { masterPaths } from './master-files.ts';

/**
 * Signs with the CA in the master's files.
 * @param addresses `host:port` of the REST API for joining nodes
 * @param onRevocations told of each new list of revoked certificates, PEM
 */
export async function joinAuthority(
  paths: ReturnType<typeof masterPaths>,
  addresses: readonly string[],
  onRevocations: (crl: string) => void,
): Promise<JoinAuthority> {
  const [key, ca] = await Promise.all([paths.caKey, paths.ca].map((path) => readFile(path, 'utf8')));
  const authority = { key: key ?? '', certificate: ca ?? '' };
  const caSha256 = certificateFingerprint(new X509Certificate(authority.certificate));
  return {
    ca: authority.certificate,
    async revocationList(revoked) {
      const kept = await keptList(paths.crl, authority.certificate, revoked);
      return kept ?? createRevocationList(authority, revoked);
    },
    async useRevocationList(crl) {
      onRevocations(crl);
      if ((await readIfThere(paths.crl)) !== crl) await writeFileAtomic(paths.crl, crl, 0o600);
    },
    keptRevocations: async () => [...((await readList(paths.crl, authority.certificate))?.serials ?? [])],
    signNode: (csr, node) => signNode(authority, csr, node),
    encodeToken: ({ id, secret, node }) => encodeJoinToken({ v: 1, id, secret, master: [...addresses], ca_sha256: caSha256, node }),
  };
}

/** The list in the file where it says the same: nodes compare its text, and would be sent one of each new master. */
async function keptList(path: string, ca: string, revoked: readonly { readonly serial: string }[]): Promise<string | undefined> {
  const kept = await readList(path, ca);
  const wanted = new Set(revoked.map(({ serial }) => plainSerial(serial)));
  return kept && wanted.symmetricDifference(kept.serials as Set<string>).size === 0 ? kept.text : undefined;
}

/** Undefined where there is none, or a damaged one: a new one is made then. */
async function readList(path: string, ca: string): Promise<{ readonly text: string; readonly serials: ReadonlySet<string> } | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  return checkRevocationList(text, ca).then(
    ({ serials }) => ({ text, serials }),
    () => undefined,
  );
}

const readIfThere = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
