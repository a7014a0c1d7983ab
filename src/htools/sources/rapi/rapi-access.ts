import { GantryError } from '../../../base/index.ts';
import { readCertificates } from '../read-certificates.ts';
import { readSecretFile } from '../read-secret-file.ts';

/** What a client of the REST API needs besides the address. */
export interface RapiAccess {
  /** Certificates that vouch for the server, PEM; undefined: it is not asked who it is. */
  readonly trusted?: readonly string[] | undefined;
  readonly credentials?: { readonly user: string; readonly password: string } | undefined;
}

export interface RapiAccessFiles {
  /** `--rapi-ca` */
  readonly rapiCaFile?: string | undefined;
  /** `--rapi-credentials` */
  readonly rapiCredentialsFile?: string | undefined;
}

/**
 * @param warn told of secrets that others may read
 * @throws HTOOLS_RAPI_CA, HTOOLS_RAPI_CREDENTIALS, HTOOLS_SOURCE_UNREADABLE
 */
export async function readRapiAccess(
  { rapiCaFile, rapiCredentialsFile }: RapiAccessFiles,
  warn?: (message: string) => void,
): Promise<RapiAccess> {
  return {
    trusted: rapiCaFile === undefined ? undefined : await readCertificates(rapiCaFile),
    credentials: rapiCredentialsFile === undefined ? undefined : await readCredentials(rapiCredentialsFile, warn),
  };
}

/** A line `user:password`; or, without a colon, `user password`, as `gantry up` writes it for its own client. */
async function readCredentials(file: string, warn?: (message: string) => void): Promise<{ user: string; password: string }> {
  const text = await readSecretFile(file, warn);
  const line = /^(?<user>[^:\n]+):(?<password>[^\n]*)\n?$/.exec(text) ?? /^(?<user>[^\s:]+) (?<password>[^:\n]+)\n?$/.exec(text);
  const { user, password } = line?.groups ?? {};
  if (user === undefined || password === undefined) throw new GantryError('HTOOLS_RAPI_CREDENTIALS', { file });
  return { user, password };
}
