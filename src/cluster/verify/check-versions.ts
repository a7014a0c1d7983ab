import { version as master, versionSkew } from '../../base/index.ts';
import { finding } from '../../rpc/index.ts';
import type { AnswerCheck } from './verify-check.ts';

/** Agents of another build than the master's. */
export const checkVersions: AnswerCheck = function* ({ live }, { node, verified }) {
  const version = verified?.version ?? live.node(node.uuid)?.info.version;
  if (!version || version === master) return;
  const far = versionSkew(version, master) === 'far';
  yield finding(far ? 'VERIFY_NODE_VERSION' : 'VERIFY_NODE_RELEASE', `node ${node.name}`, { version, master });
};
