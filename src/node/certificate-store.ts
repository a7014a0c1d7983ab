import { createHash, X509Certificate } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import { GantryError, writeFileAtomic } from '../base/index.ts';
import { type Credentials, checkCertificate, checkRevocationList, createRequest, needsRenewal, plainSerial } from '../rpc/index.ts';
import { type AgentConfig, agentPaths } from './agent-config.ts';

/** The certificates of this node. The key stays the same for its whole life, so a renewal cannot lock it out. */
export interface CertificateStore {
  /** A request for a new certificate, PEM. */
  request(): Promise<string>;
  /** Checks and keeps what the master signed, then uses it. @throws CERTIFICATE_UNFIT, and nothing has changed */
  install(signed: { readonly certificate: string; readonly ca: string; readonly crl: string }): Promise<{ changed: boolean }>;
  /**
   * Uses a newer list of revoked certificates. A node that is listed itself has been taken out of its cluster: its key and
   * certificate go. @throws CERTIFICATE_UNFIT, and nothing has changed
   */
  revoke(crl: string): Promise<{ changed: boolean }>;
  /** Serial number of the certificate, and SHA-256 of the list, hex. */
  identity(): { readonly serial: string; readonly list: string };
  /** When the certificate ends, seconds since 1970. */
  expires(): number;
  /** Whether less than a third of its life is left. */
  needsRenewal(): boolean;
}

/** @throws AGENT_NOT_JOINED when a file is missing, CERTIFICATE_UNFIT when they cannot be used */
export async function readCredentials(config: Pick<AgentConfig, 'stateDir' | 'runDir'>, now: number): Promise<Credentials> {
  const paths = agentPaths(config);
  const read = async (path: string): Promise<string> => {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new GantryError('AGENT_NOT_JOINED', { directory: config.stateDir }, { cause: error });
    }
  };
  const credentials = {
    key: await read(paths.key),
    certificate: await read(paths.certificate),
    ca: await read(paths.ca),
    crl: await read(paths.crl),
  };
  checkCertificate(credentials, `the node in ${config.stateDir}`, now);
  return credentials;
}

export interface FileCertificatesOptions {
  readonly config: AgentConfig;
  readonly credentials: Credentials;
  readonly now: () => number;
  /** Called with what is in use from now on. */
  readonly onChange: (credentials: Credentials, revoked: ReadonlySet<string>) => void;
  /** Called when this node has been taken out of its cluster. */
  readonly onLeft: () => void;
}

export function fileCertificates({ config, credentials, now, onChange, onLeft }: FileCertificatesOptions): CertificateStore {
  const paths = agentPaths(config);
  let current = credentials;
  const serial = () => new X509Certificate(current.certificate).serialNumber.toLowerCase();
  return {
    request: () => createRequest(current.key, config.name),
    expires: () => new X509Certificate(current.certificate).validToDate.getTime() / 1000,
    needsRenewal: () => needsRenewal(current.certificate, now()),
    async install({ certificate, ca, crl }) {
      const next = { key: current.key, certificate, ca, crl };
      if (certificate === current.certificate && ca === current.ca && crl === current.crl) return { changed: false };
      checkCertificate(next, `node ${config.name}`, now());
      const { serials } = await checkRevocationList(crl, ca);
      await writeFileAtomic(paths.ca, ca, 0o600);
      await writeFileAtomic(paths.crl, crl, 0o600);
      await writeFileAtomic(paths.certificate, certificate, 0o600);
      current = next;
      onChange(next, serials);
      return { changed: true };
    },
    identity: () => ({ serial: serial(), list: createHash('sha256').update(current.crl).digest('hex') }),
    async revoke(crl) {
      if (crl === current.crl) return { changed: false };
      const { serials } = await checkRevocationList(crl, current.ca);
      await writeFileAtomic(paths.crl, crl, 0o600);
      current = { ...current, crl };
      onChange(current, serials);
      if (!serials.has(plainSerial(serial()))) return { changed: true };
      // With the certificate out of its place nobody serves with it any more, and the host may join again, with a new key.
      await rename(paths.certificate, `${paths.certificate}.revoked`);
      await rm(paths.key, { force: true });
      onLeft();
      return { changed: true };
    },
  };
}
