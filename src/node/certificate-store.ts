import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { GantryError, writeFileAtomic } from '../base/index.ts';
import { type Credentials, checkCertificate, createRequest, needsRenewal } from '../rpc/index.ts';
import { type AgentConfig, agentPaths } from './agent-config.ts';

/** The certificates of this node. The key stays the same for its whole life, so a renewal cannot lock it out. */
export interface CertificateStore {
  /** A request for a new certificate, PEM. */
  request(): Promise<string>;
  /** Checks and keeps what the master signed, then uses it. @throws CERTIFICATE_UNFIT, and nothing has changed */
  install(signed: { readonly certificate: string; readonly ca: string; readonly crl: string }): Promise<{ changed: boolean }>;
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
  readonly onChange: (credentials: Credentials) => void;
}

export function fileCertificates({ config, credentials, now, onChange }: FileCertificatesOptions): CertificateStore {
  const paths = agentPaths(config);
  let current = credentials;
  return {
    request: () => createRequest(current.key, config.name),
    expires: () => new X509Certificate(current.certificate).validToDate.getTime() / 1000,
    needsRenewal: () => needsRenewal(current.certificate, now()),
    async install({ certificate, ca, crl }) {
      const next = { key: current.key, certificate, ca, crl };
      if (certificate === current.certificate && ca === current.ca && crl === current.crl) return { changed: false };
      checkCertificate(next, `node ${config.name}`, now());
      await writeFileAtomic(paths.ca, ca, 0o600);
      await writeFileAtomic(paths.crl, crl, 0o600);
      await writeFileAtomic(paths.certificate, certificate, 0o600);
      current = next;
      onChange(next);
      return { changed: true };
    },
  };
}
