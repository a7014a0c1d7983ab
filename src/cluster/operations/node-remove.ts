import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { opcodes } from '../../model/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { findNode } from '../lib/find-object.ts';
import { noPlacement } from '../lib/no-placement.ts';
import { fillCandidatePool } from '../lib/nodes/candidate-pool.ts';
import { withRevoked } from '../revocation-distributor.ts';

export const nodeRemove = ({ revocations, joinTokens }: ClusterParts) =>
  defineOperation(opcodes.nodeRemove, {
    locks: (params) => [...opcodes.nodeRemove.touches(params), noPlacement],
    async plan({ config }, params): Promise<{ readonly uuid: string; readonly name?: string }> {
      const node = findNode(config, params.node_name);
      if (node.uuid === config.cluster.master_node)
        throw new GantryError('NODE_IS_MASTER', { name: node.name, problem: 'it cannot be taken out.' });
      const { primary, secondary, arriving } = config.instancesOf(node.uuid);
      const instances = [...primary, ...secondary, ...arriving].map((instance) => instance.name).sort();
      if (instances.length > 0) throw new GantryError('NODE_NOT_EMPTY', { name: node.name, instances: instances.join(', ') });
      return { uuid: node.uuid, name: node.name };
    },
    steps: ({ uuid, name }) => [
      // A job of an earlier version has no name in its plan: it may have passed its pivot, and nothing new may fail then.
      ...(name === undefined
        ? []
        : [
            {
              // First: until the node is forgotten, nobody can make a token for another node of its name.
              id: 'forget-tokens',
              title: 'forget its join tokens',
              do: () => joinTokens.forgetOf({ uuid, name }),
            },
          ]),
      {
        id: 'forget-node',
        title: 'forget the node',
        formerly: ['forget the node'],
        pivot: true,
        commit(draft, { clock }) {
          const node = draft.need('node', uuid);
          const left = [...draft.snapshot.nodes.values()].filter((other) => other.uuid !== uuid);
          draft.remove('node', uuid);
          fillCandidatePool(draft, left, draft.snapshot.cluster.candidate_pool_size);
          draft.update('cluster', draft.snapshot.cluster.uuid, (old) => ({
            ...old,
            revoked_certificates: withRevoked(old, node, clock.now() / 1000),
          }));
        },
      },
      {
        id: 'tell-nodes',
        title: 'tell the other nodes',
        formerly: ['tell the other nodes'],
        pivot: true,
        async do(context) {
          const untold = await revocations.spread(uuid);
          if (untold.length > 0) context.log(`Not told yet that the node is out: ${untold.join(', ')}. They are, when they answer again.`);
        },
      },
    ],
    result: () => null,
  });
