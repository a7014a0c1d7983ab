import type { ErrorReport } from '../base/index.ts';
import { errorCatalogue } from '../base/index.ts';
import type { JobOp } from '../model/index.ts';

/**
 * An opcode's result as Ganeti's clients read it in `opresult`. Of a failed one: the class of the error and its
 * arguments; `OpPrereqError` with message and code when nothing was begun, else `OpExecError` with the message alone.
 */
export function ganetiOpresult(op: Pick<JobOp, 'status' | 'result' | 'execution'>): unknown {
  if (op.status !== 'error') return op.result;
  const { error } = op.result as { error: ErrorReport };
  const begun = op.execution !== undefined || error.code === 'JOB_PRECEDING_FAILED' || error.code === 'JOB_DEPENDENCY_FAILED';
  return begun ? ['OpExecError', [error.what]] : ['OpPrereqError', [error.what, errorCatalogue[error.code]?.ganeti ?? 'internal_error']];
}
