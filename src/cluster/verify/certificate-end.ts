import { finding, type VerifyProblem } from '../../rpc/index.ts';

const dayMs = 86_400_000;
/** As in Ganeti, days. */
const errorBefore = 7;
const warningBefore = 30;

/** What there is to say of a certificate that ends then. @param end milliseconds since 1970 */
export function* certificateEnd(subject: string, end: number, now: number): Iterable<VerifyProblem> {
  const date = new Date(end).toISOString().slice(0, 10);
  const days = Math.floor((end - now) / dayMs);
  if (end <= now) yield finding('VERIFY_CERTIFICATE_ENDED', subject, { date });
  else if (days < errorBefore) yield finding('VERIFY_CERTIFICATE_ENDS', subject, { date, days });
  else if (days < warningBefore) yield finding('VERIFY_CERTIFICATE_ENDS_SOON', subject, { date, days });
}
