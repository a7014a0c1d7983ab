import { defineOperation } from '../../jobs/index.ts';
import { opcodes } from '../../model/index.ts';
import type { VerifyProblem } from '../../rpc/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { findGroup } from '../lib/find-object.ts';
import { verifyCluster } from '../verify/verify-cluster.ts';

export const clusterVerify = (parts: ClusterParts) =>
  defineOperation(opcodes.clusterVerify, {
    /** Only looks, so all of it happens while planning. */
    async plan(context, params): Promise<{ problems: readonly Required<VerifyProblem>[] }> {
      const group = params.group_name ? findGroup(context.config, params.group_name).uuid : undefined;
      const nodes = [...context.config.nodes.values()].filter((node) => group === undefined || node.group === group);
      return { problems: await verifyCluster(context, parts, nodes) };
    },
    steps: () => [],
    result: ({ problems }) => ({ ok: problems.every(({ severity }) => severity === 'warning'), problems: [...problems] }),
  });
