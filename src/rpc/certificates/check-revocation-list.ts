import { GantryError } from '../../base/index.ts';
import { revokedSerials } from './revoked-serials.ts';
import * as x509 from './x509.ts';

export interface RevocationList {
  /** Serial numbers, hex in lower case without leading zeros. */
  readonly serials: ReadonlySet<string>;
}

/** In one form, however it was written. */
export const plainSerial = (serial: string): string => serial.toLowerCase().replace(/^0+/, '');

/**
 * Reads a list of revoked certificates that the CA has signed; both texts in PEM form.
 * @throws CERTIFICATE_UNFIT when it is none, or of another CA: such a list would shut everybody out
 */
export async function checkRevocationList(crl: string, ca: string): Promise<RevocationList> {
  const unfit = (problem: string, cause?: unknown) =>
    new GantryError('CERTIFICATE_UNFIT', { subject: 'the list of revoked certificates', problem }, { cause });
  let list: x509.X509Crl;
  let signed: boolean;
  let serials: string[];
  try {
    list = new x509.X509Crl(crl.replaceAll(/(BEGIN|END) X509 CRL/g, '$1 CRL'));
    const { publicKey } = new x509.X509Certificate(ca);
    signed = await list.verify({ publicKey });
    serials = revokedSerials(Buffer.from(list.rawData));
  } catch (error) {
    throw unfit('it cannot be read', error);
  }
  if (!signed) throw unfit('it is not signed by the CA of this cluster');
  return { serials: new Set(serials) };
}
