import { hasJoined } from '../../model/index.ts';
import { finding } from '../../rpc/index.ts';
import type { ClusterCheck } from './verify-check.ts';

/** Instances that should run, on nodes that are marked offline. */
export const checkOfflineNodes: ClusterCheck = function* ({ config, nodes }) {
  for (const checked of nodes) {
    const { uuid, name: node, offline } = checked;
    if (!offline || !hasJoined(checked)) continue;
    for (const { name: instance, admin_state } of config.instancesOf(uuid).primary) {
      if (admin_state === 'up') yield finding('VERIFY_INSTANCE_NODE_OFFLINE', `instance ${instance}`, { instance, node });
    }
  }
};
