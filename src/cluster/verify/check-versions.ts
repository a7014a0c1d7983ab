import { version as master } from '../../base/index.ts';
import { finding } from '../../rpc/index.ts';
import type { AnswerCheck } from './verify-check.ts';

/** Agents of another build than the master's. */
export const checkVersions: AnswerCheck = function* ({ live }, { node, verified }) {
  const version = verified?.version ?? live.node(node.uuid)?.info.version;
  if (!version || version === master) return;
  const same = seriesOf(version) === seriesOf(master);
  yield finding(same ? 'VERIFY_NODE_RELEASE' : 'VERIFY_NODE_VERSION', `node ${node.name}`, { version, master });
};

/** Major and minor number. */
const seriesOf = (version: string): string => version.split('.').slice(0, 2).join('.');
