import type { ClusterCheck } from './verify-check.ts';

/** Nodes that should answer but do not, each with what the call met. */
export const checkSilentNodes: ClusterCheck = function* ({ nodes, failures }) {
  for (const { uuid, name } of nodes) {
    const failure = failures.get(uuid);
    if (!failure) continue;
    const { code, what, todo } = failure.toReport();
    yield { code, subject: `node ${name}`, text: what, todo, ganeti_code: 'ENODERPC' };
  }
};
