import { logProblem } from '../../base/index.ts';
import { finding } from '../../rpc/index.ts';
import type { ClusterCheck } from './verify-check.ts';

/** The master goes on without its log, so somebody has to tell. */
export const checkMasterLog: ClusterCheck = function* () {
  const problem = logProblem();
  if (problem !== null) yield finding('VERIFY_LOG', 'log of the master', { problem });
};
