import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { GantryError } from '../../../base/index.ts';
import type { ClientIdentity } from '../connect-trusted.ts';
import { readCertificates } from '../read-certificates.ts';
import { readSecretFile } from '../read-secret-file.ts';
import { readSourceFile } from '../read-source-file.ts';

/** How the monitoring agents are asked, and as whom. */
export interface MonitorAccess {
  /** Certificates that vouch for the agents, PEM; undefined: they are asked over plain HTTP. */
  readonly trusted?: readonly string[] | undefined;
  readonly client?: ClientIdentity | undefined;
  readonly token?: string | undefined;
  /** Revoked certificates of the authority, PEM. */
  readonly crl?: string | undefined;
}

export interface MonitorAccessFiles {
  /** `--mond-ca` */
  readonly caFile?: string | undefined;
  /** `--mond-certificates`: folder with node.key, node.crt and ca.crt, as the node agent keeps them. */
  readonly certificates?: string | undefined;
  /** `--mond-token`: file whose first line that is no comment is the token. */
  readonly tokenFile?: string | undefined;
}

/**
 * @param warn told of secrets that others may read
 * @throws HTOOLS_MONITOR_CREDENTIALS, HTOOLS_RAPI_CA, HTOOLS_SOURCE_UNREADABLE
 */
export async function readMonitorAccess(
  { caFile, certificates, tokenFile }: MonitorAccessFiles,
  warn?: (message: string) => void,
): Promise<MonitorAccess> {
  const authority = caFile ?? (certificates === undefined ? undefined : join(certificates, 'ca.crt'));
  return {
    trusted: authority === undefined ? undefined : await readCertificates(authority),
    crl: certificates === undefined ? undefined : await readRevocations(certificates),
    client: certificates === undefined ? undefined : await readIdentity(certificates, warn),
    token: tokenFile === undefined ? undefined : await readToken(tokenFile, warn),
  };
}

/** Kept beside the certificates by the node agent; elsewhere there may be none. */
async function readRevocations(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, 'ca.crl'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GantryError('HTOOLS_MONITOR_CREDENTIALS', { file: folder, detail: (error as Error).message }, { cause: error });
  }
}

async function readIdentity(folder: string, warn?: (message: string) => void): Promise<ClientIdentity> {
  const key = await readSecretFile(join(folder, 'node.key'), warn);
  const cert = await readSourceFile(join(folder, 'node.crt'));
  try {
    createSecureContext({ key, cert });
  } catch (cause) {
    throw new GantryError('HTOOLS_MONITOR_CREDENTIALS', { file: folder, detail: (cause as Error).message }, { cause });
  }
  return { key, cert };
}

async function readToken(file: string, warn?: (message: string) => void): Promise<string> {
  const lines = (await readSecretFile(file, warn)).split('\n').map((line) => line.trim());
  const token = lines.find((line) => line !== '' && !line.startsWith('#'));
  if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) {
    throw new GantryError('HTOOLS_MONITOR_CREDENTIALS', { file, detail: 'it contains no token' });
  }
  return token;
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);

/** A token goes to nobody who could be anybody. @throws HTOOLS_MONITOR_UNTRUSTED before anything is sent */
export function requireSafe(nodes: readonly string[], { trusted, token }: MonitorAccess): void {
  if (token === undefined || trusted) return;
  const open = nodes.filter((node) => !isLoopback(node));
  if (open.length > 0) throw new GantryError('HTOOLS_MONITOR_UNTRUSTED', { nodes: open.slice(0, 5).join(', ') });
}
