import { defineOperation } from '../../jobs/index.ts';
import { clusterOpcodes } from '../../model/index.ts';
import type { VerifyProblem } from '../../rpc/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { busyInstances } from '../lib/busy-instances.ts';
import { findGroup } from '../lib/find-object.ts';
import { verifyNode } from '../lib/verify-node.ts';

export const clusterVerify = ({ jobs }: ClusterParts) =>
  defineOperation(clusterOpcodes.clusterVerify, {
    /** Only looks, so all of it happens while planning; nodes are asked side by side. */
    async plan(context, params): Promise<{ problems: readonly Required<VerifyProblem>[] }> {
      const group = params.group_name ? findGroup(context.config, params.group_name).uuid : undefined;
      const nodes = [...context.config.nodes.values()].filter((node) => group === undefined || node.group === group);
      const busy = busyInstances(jobs());
      const found = await Promise.all(nodes.map((node) => verifyNode(context, node, busy)));
      const problems = found.flat().map((problem) => ({ severity: 'error' as const, ...problem }));
      return { problems };
    },
    steps: () => [],
    result: ({ problems }) => ({ ok: problems.every(({ severity }) => severity === 'warning'), problems: [...problems] }),
  });
