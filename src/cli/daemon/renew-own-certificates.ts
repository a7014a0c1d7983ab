import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type CertificateRole, writeFileAtomic } from '../../base/index.ts';
import { createCertificate, needsRenewal } from '../../rpc/index.ts';
import type { masterPaths } from './master-files.ts';

/**
 * Renews the certificates with which the master calls nodes and serves the REST API, when less than a third of their life
 * is left. Names and addresses stay.
 * @returns whether one was renewed
 */
export async function renewOwnCertificates(paths: ReturnType<typeof masterPaths>, now = Date.now()): Promise<boolean> {
  const own = [
    { role: 'master', name: 'master', key: paths.key, certificate: paths.certificate },
    { role: 'server', name: 'gantry', key: paths.apiKey, certificate: paths.apiCertificate },
  ] as const satisfies readonly { role: CertificateRole; [file: string]: string }[];
  let renewed = false;
  for (const { role, name, key, certificate } of own) {
    const old = await readFile(certificate, 'utf8');
    if (!needsRenewal(old, now)) continue;
    const authority = { key: await readFile(paths.caKey, 'utf8'), certificate: await readFile(paths.ca, 'utf8') };
    const made = await createCertificate(authority, { role, name, addresses: addressesOf(old) }, { now });
    // Read together at the next start or reload; a death in between leaves a pair that does not fit, which then is renewed.
    await writeFileAtomic(key, made.key, 0o600);
    await writeFileAtomic(certificate, made.certificate, 0o600);
    renewed = true;
  }
  return renewed;
}

/** DNS names and IP addresses of a certificate. */
function addressesOf(certificatePem: string): string[] {
  const names = new X509Certificate(certificatePem).subjectAltName?.split(', ') ?? [];
  return names.flatMap((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? []);
}
