import { finding } from '../../rpc/index.ts';
import type { ClusterCheck } from './verify-check.ts';

/** What operations had to leave behind. */
export const checkGarbage: ClusterCheck = function* ({ config, nodes, garbage }) {
  const verified = new Set(nodes.map(({ uuid }) => uuid));
  for (const left of garbage) {
    const node = config.nodes.get(left.node)?.name;
    if (!node || !verified.has(left.node)) continue;
    const thing = left.type === 'disk' ? `disk ${left.disk.uuid} of ${left.owner.name}` : `instance ${left.name}`;
    yield finding('VERIFY_GARBAGE_LEFT', `node ${node}`, { node, thing });
  }
};
