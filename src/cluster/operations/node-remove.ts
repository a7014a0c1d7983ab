import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { type Node, nodeOpcodes } from '../../model/index.ts';
import { fillCandidatePool } from '../lib/candidate-pool.ts';
import { findNode } from '../lib/find-object.ts';
import { noPlacement } from '../lib/no-placement.ts';

export const nodeRemove = () =>
  defineOperation(nodeOpcodes.nodeRemove, {
    locks: (params) => [...nodeOpcodes.nodeRemove.touches(params), noPlacement],
    async plan({ config }, params): Promise<Pick<Node, 'uuid'>> {
      const node = findNode(config, params.node_name);
      if (node.uuid === config.cluster.master_node)
        throw new GantryError('NODE_IS_MASTER', { name: node.name, problem: 'it cannot be taken out.' });
      const { primary, secondary, arriving } = config.instancesOf(node.uuid);
      const instances = [...primary, ...secondary, ...arriving].map((instance) => instance.name).sort();
      if (instances.length > 0) throw new GantryError('NODE_NOT_EMPTY', { name: node.name, instances: instances.join(', ') });
      return { uuid: node.uuid };
    },
    steps: ({ uuid }) => [
      {
        name: 'forget the node',
        commit(draft) {
          const left = [...draft.snapshot.nodes.values()].filter((node) => node.uuid !== uuid);
          draft.remove('node', uuid);
          fillCandidatePool(draft, left, draft.snapshot.cluster.candidate_pool_size);
        },
      },
    ],
    result: () => null,
  });
