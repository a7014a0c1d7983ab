import type { ErrorReport } from '../../base/index.ts';
import { errorCatalogue } from '../../base/index.ts';
import { type JobOp, opcodeCatalogue } from '../../model/index.ts';
import { ganetiErrorText } from './ganeti-error-text.ts';
import { pythonText } from './python-text.ts';

type Pairs = readonly (readonly [name: string, value: unknown])[];

/**
 * An opcode's result as Ganeti's clients read it in `opresult`. Of a failed one: the class of the error and its
 * arguments; `OpPrereqError` with message and code when nothing was begun, else `OpExecError` with the message alone.
 */
export function ganetiOpresult(op: Pick<JobOp, 'input' | 'status' | 'result' | 'execution'>): unknown {
  if (op.status === 'success') return op.input['dry_run'] === true ? ofDryRun(op) : ofSuccess(op);
  if (op.status !== 'error') return op.result;
  const { error } = op.result as { error: ErrorReport };
  const begun = op.execution !== undefined || error.code === 'JOB_PRECEDING_FAILED' || error.code === 'JOB_DEPENDENCY_FAILED';
  if (begun) return ['OpExecError', [error.what]];
  return ['OpPrereqError', [ganetiErrorText(error, String(op.input['OP_ID'])), errorCatalogue[error.code]?.ganeti ?? 'internal_error']];
}

/** A dry run tells nothing, unless its opcode says what. */
function ofDryRun({ input, result }: Pick<JobOp, 'input' | 'result'>): unknown {
  return formsOf(input)?.dryRunResult?.(result as never) ?? null;
}

function ofSuccess({ input, result }: Pick<JobOp, 'input' | 'result'>): unknown {
  const shown = formsOf(input)?.opresult;
  if (shown === undefined) return result;
  return shown === 'nothing' ? null : pick(result as Pairs, shown);
}

const formsOf = (input: JobOp['input']) => opcodeCatalogue.get(String(input['OP_ID']))?.ganeti;

/** In this order, with texts as values. */
function pick(pairs: Pairs, names: readonly string[]): [string, string][] {
  return names.flatMap((name) => {
    const found = pairs.find(([each]) => each === name);
    return found ? [[name, pythonText(found[1])] as [string, string]] : [];
  });
}
