import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { GantryError } from '../../base/index.ts';
import type { TlsFiles } from '../api-options.ts';

/** Reads key and certificate and tries them out. @throws API_TLS_UNUSABLE */
export async function readTls(files: TlsFiles): Promise<SecureContextOptions> {
  const paths = [files.key, files.certificate, ...(files.ca ? [files.ca] : [])];
  try {
    const [key = '', certificate = '', ca = ''] = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    const options: SecureContextOptions = { key, cert: `${certificate.trimEnd()}\n${ca}`, minVersion: 'TLSv1.2' };
    createSecureContext(options);
    return options;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new GantryError('API_TLS_UNUSABLE', { problem, files: paths.join(', ') }, { cause: error });
  }
}
