import { X509Certificate } from 'node:crypto';
import { GantryError } from '../../../base/index.ts';
import { readSourceFile } from '../read-source-file.ts';

/** What a client of the REST API needs besides the address. */
export interface RapiAccess {
  /** Certificates that vouch for the server, PEM; undefined: it is not asked who it is. */
  readonly trusted?: readonly string[] | undefined;
  readonly credentials?: { readonly user: string; readonly password: string } | undefined;
}

const certificateForm = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @throws HTOOLS_RAPI_CA, HTOOLS_RAPI_CREDENTIALS, HTOOLS_SOURCE_UNREADABLE */
export async function readRapiAccess(files: {
  readonly rapiCaFile?: string | undefined;
  readonly rapiCredentialsFile?: string | undefined;
}): Promise<RapiAccess> {
  const { rapiCaFile, rapiCredentialsFile } = files;
  return {
    trusted: rapiCaFile === undefined ? undefined : await readCertificates(rapiCaFile),
    credentials: rapiCredentialsFile === undefined ? undefined : await readCredentials(rapiCredentialsFile),
  };
}

/** Anything else in the file, such as the key beside a cluster's own certificate, is passed over. */
async function readCertificates(file: string): Promise<readonly string[]> {
  const found = (await readSourceFile(file)).match(certificateForm) ?? [];
  if (found.length === 0) throw new GantryError('HTOOLS_RAPI_CA', { file, detail: 'it has none' });
  try {
    return found.map((text) => new X509Certificate(text).toString());
  } catch (cause) {
    throw new GantryError('HTOOLS_RAPI_CA', { file, detail: (cause as Error).message }, { cause });
  }
}

async function readCredentials(file: string): Promise<{ user: string; password: string }> {
  const { user, password } = /^(?<user>[^:\n]+):(?<password>[^\n]*)\n?$/.exec(await readSourceFile(file))?.groups ?? {};
  if (user === undefined || password === undefined) throw new GantryError('HTOOLS_RAPI_CREDENTIALS', { file });
  return { user, password };
}
