import { GantryError } from '../../../base/index.ts';
import { readCertificates } from '../read-certificates.ts';
import { readSourceFile } from '../read-source-file.ts';

/** What a client of the REST API needs besides the address. */
export interface RapiAccess {
  /** Certificates that vouch for the server, PEM; undefined: it is not asked who it is. */
  readonly trusted?: readonly string[] | undefined;
  readonly credentials?: { readonly user: string; readonly password: string } | undefined;
}

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

async function readCredentials(file: string): Promise<{ user: string; password: string }> {
  const { user, password } = /^(?<user>[^:\n]+):(?<password>[^\n]*)\n?$/.exec(await readSourceFile(file))?.groups ?? {};
  if (user === undefined || password === undefined) throw new GantryError('HTOOLS_RAPI_CREDENTIALS', { file });
  return { user, password };
}
