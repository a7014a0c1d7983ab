import type { ErrorReport } from '../../base/index.ts';
import type { JobOp } from '../../model/index.ts';

/** The error that ended an opcode, if one did. */
export function opError(op: JobOp): ErrorReport | undefined {
  const error = (op.result as { error?: unknown } | null | undefined)?.error;
  if (op.status !== 'error' || typeof error !== 'object' || error === null) return undefined;
  return error as ErrorReport;
}
