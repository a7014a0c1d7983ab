import { X509Certificate } from 'node:crypto';
import { GantryError } from '../../base/index.ts';
import { readSourceFile } from './read-source-file.ts';

const certificateForm = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM file. Anything else in it, such as the key beside a cluster's own certificate, is passed over.
 * @throws HTOOLS_RAPI_CA, HTOOLS_SOURCE_UNREADABLE
 */
export async function readCertificates(file: string): Promise<readonly string[]> {
  const found = (await readSourceFile(file)).match(certificateForm) ?? [];
  if (found.length === 0) throw new GantryError('HTOOLS_RAPI_CA', { file, detail: 'it has none' });
  try {
    return found.map((text) => new X509Certificate(text).toString());
  } catch (cause) {
    throw new GantryError('HTOOLS_RAPI_CA', { file, detail: (cause as Error).message }, { cause });
  }
}
