import { X509Certificate } from 'node:crypto';

/** Whether less than a third of a certificate's life is left. @param now milliseconds since 1970 */
export function needsRenewal(certificatePem: string, now = Date.now()): boolean {
  const { validFromDate, validToDate } = new X509Certificate(certificatePem);
  return validToDate.getTime() - now < (validToDate.getTime() - validFromDate.getTime()) / 3;
}
