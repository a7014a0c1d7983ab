import { logProblem } from '../../base/index.ts';
import { finding } from '../../rpc/index.ts';
import type { ClusterCheck } from './verify-check.ts';

/** The master continues without its log, so this check reports it. */
export const checkMasterLog: ClusterCheck = function* () {
  const problem = logProblem();
  if (problem !== null) yield finding('VERIFY_LOG', 'log of the master', { problem });
};
