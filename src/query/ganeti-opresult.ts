import type { ErrorReport } from '../base/index.ts';
import { errorCatalogue } from '../base/index.ts';
import type { JobOp } from '../model/index.ts';
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

/** The only dry run that tells anything is that of a creation: the UUIDs of the nodes. */
function ofDryRun({ input, result }: Pick<JobOp, 'input' | 'result'>): unknown {
  if (input['OP_ID'] !== 'OP_INSTANCE_CREATE') return null;
  const { instance } = result as { instance: { primary_node: string; secondary_nodes: readonly string[] } };
  return [instance.primary_node, ...instance.secondary_nodes];
}

function ofSuccess({ input, result }: Pick<JobOp, 'input' | 'result'>): unknown {
  switch (input['OP_ID']) {
    case 'OP_INSTANCE_MIGRATE':
    case 'OP_INSTANCE_FAILOVER':
      return null;
    case 'OP_NODE_SET_PARAMS':
      return pick(result as Pairs, ['master_capable', 'vm_capable', 'master_candidate', 'drained', 'offline']);
    case 'OP_GROUP_SET_PARAMS':
      return pick(result as Pairs, ['ndparams', 'diskparams']);
    default:
      return result;
  }
}

/** In this order, with texts as values. */
function pick(pairs: Pairs, names: readonly string[]): [string, string][] {
  return names.flatMap((name) => {
    const found = pairs.find(([each]) => each === name);
    return found ? [[name, pythonText(found[1])] as [string, string]] : [];
  });
}
