import { hasJoined } from '../../model/index.ts';
import { finding } from '../../rpc/index.ts';
import type { ClusterCheck } from './verify-check.ts';

/** Nodes that are only configured. */
export const checkJoinedNodes: ClusterCheck = function* ({ config, nodes }) {
  for (const node of nodes) {
    if (hasJoined(node)) continue;
    const count = config.instancesOf(node.uuid).primary.length;
    yield finding('VERIFY_NODE_NOT_JOINED', `node ${node.name}`, { node: node.name, count });
  }
};
