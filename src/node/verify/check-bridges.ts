import { finding, type VerifyProblem } from '../../rpc/index.ts';
import type { NodeCheck } from './node-check.ts';

export const checkBridges: NodeCheck = async ({ network }, { bridges }) => {
  const problems: VerifyProblem[] = [];
  for (const bridge of bridges) {
    if (!(await network.bridgeExists(bridge))) problems.push(finding('VERIFY_BRIDGE_MISSING', `bridge ${bridge}`, { bridge }));
  }
  return problems;
};
