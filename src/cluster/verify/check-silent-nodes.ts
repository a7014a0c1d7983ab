import { finding } from '../../rpc/index.ts';
import { nameSome } from './name-some.ts';
import type { ClusterCheck } from './verify-check.ts';

/** Nodes that should answer but do not, each with the error of the call and the instances that may be down. */
export const checkSilentNodes: ClusterCheck = function* ({ config, nodes, failures }) {
  for (const { uuid, name: node } of nodes) {
    const failure = failures.get(uuid);
    if (!failure) continue;
    const { code, what, todo } = failure.toReport();
    const subject = `node ${node}`;
    yield { code, subject, text: what, todo, ganeti_code: 'ENODERPC' };
    const due = config.instancesOf(uuid).primary.filter(({ admin_state }) => admin_state === 'up');
    if (due.length === 0) continue;
    const instances = nameSome(due.map(({ name }) => name));
    yield finding('VERIFY_NODE_INSTANCES_UNSEEN', subject, { node, count: due.length, instances });
  }
};
