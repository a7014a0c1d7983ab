import { finding, type VerifyProblem } from '../../rpc/index.ts';
import type { NodeCheck } from './node-check.ts';

export const checkBridges: NodeCheck = async ({ network }, { bridges, switches = [] }) => {
  const problems: VerifyProblem[] = [];
  for (const bridge of bridges) {
    if (!(await network.bridgeExists(bridge))) problems.push(finding('VERIFY_BRIDGE_MISSING', `bridge ${bridge}`, { bridge }));
  }
  for (const name of switches) {
    if (!(await network.switchExists(name))) problems.push(finding('VERIFY_SWITCH_MISSING', `switch ${name}`, { switch: name }));
  }
  return problems;
};
