import { constants } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { GantryError } from '../../base/index.ts';
import type { TlsFiles } from '../api-options.ts';

/**
 * Reads key and certificate and tries them out.
 * @param clientAuthorities PEM; with some, clients are asked for certificates of these. A client without one is let in all the same
 * @throws API_TLS_UNUSABLE
 */
export async function readTls(files: TlsFiles, clientAuthorities: readonly string[] = []): Promise<TlsOptions> {
  const paths = [files.key, files.certificate, ...(files.ca ? [files.ca] : [])];
  try {
    const [key = '', certificate = '', ca = ''] = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    const options: TlsOptions = {
      ...{ key, cert: `${certificate.trimEnd()}\n${ca}`, minVersion: 'TLSv1.2' },
      ...(clientAuthorities.length > 0 && asking(clientAuthorities)),
    };
    createSecureContext(options);
    return options;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new GantryError('API_TLS_UNUSABLE', { problem, files: paths.join(', ') }, { cause: error });
  }
}

/** Each connection is checked by itself: a session that is resumed would keep a certificate that is not good any more. */
const asking = (authorities: readonly string[]): TlsOptions => ({
  requestCert: true,
  rejectUnauthorized: false,
  ca: [...authorities],
  secureOptions: constants.SSL_OP_NO_TICKET,
});
