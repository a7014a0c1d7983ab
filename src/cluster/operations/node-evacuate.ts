import { GantryError } from '../../base/index.ts';
import { defineOperation, type OpInput } from '../../jobs/index.ts';
import { fillBeparams, type Instance, type Node, nodeOpcodes, type OpcodeParams } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { findNode } from '../lib/find-object.ts';
import { requireMovable } from '../lib/require-movable.ts';
import { requireNetworks } from '../lib/require-networks.ts';
import { requireUsable } from '../lib/require-node.ts';
import type { Placer } from '../placement/placer.ts';
import { requireIallocator } from '../placement/require-iallocator.ts';

type Params = OpcodeParams<typeof nodeOpcodes.nodeEvacuate>;

interface EvacuatePlan {
  readonly user: string;
  /** One job for each instance. */
  readonly moves: readonly OpInput[];
  /** By which the jobs are known again when the step that submits them runs twice. */
  readonly comment: string;
}

export const nodeEvacuate = ({ placer, jobs }: ClusterParts) =>
  defineOperation(nodeOpcodes.nodeEvacuate, {
    async plan(context, params): Promise<EvacuatePlan> {
      const { config, jobId, user } = context;
      requireIallocator(params.iallocator);
      const node = findNode(config, params.node_name);
      const comment = `evacuates ${node.name} for job ${jobId}`;
      // Where disks are shared, an instance has no secondary node that could be changed.
      const leaving = params.mode === 'secondary-only' ? [] : config.instancesOf(node.uuid).primary;
      const targets = await targetsOf(config, placer, node, leaving, params.remote_node);
      for (const [k, instance] of leaving.entries()) context.log(`Instance ${instance.name} goes to ${targets[k]?.name}.`);
      const moves = leaving.map((instance, k) => ({
        ...moveOf(config, node, instance),
        target_node: targets[k]?.name,
        comment,
        reason: params.reason,
      }));
      return { user, moves, comment };
    },

    steps: () => [
      {
        name: 'submit the moves',
        async do({ plan: { moves, user, comment } }) {
          const queue = jobs();
          const submitted = queue.list().filter(({ ops }) => ops[0]?.input['comment'] === comment);
          if (moves.length === 0 || submitted.length > 0) return submitted.map(({ id }) => id);
          const ids = await queue.submitMany(
            moves.map((move) => [move]),
            user,
          );
          return [...ids];
        },
      },
    ],

    result: (_plan, outcomes) => ({ jobs: (outcomes['submit the moves'] as number[]).map((id): [boolean, number] => [true, id]) }),
  });

/** @throws EVACUATION_IMPOSSIBLE naming what keeps which instance; NODE_OFFLINE, NODE_DRAINED, NODE_NOT_VM_CAPABLE of a named target */
async function targetsOf(
  config: ConfigSnapshot,
  placer: Placer,
  node: Node,
  leaving: readonly Instance[],
  remote: Params['remote_node'],
): Promise<readonly Node[]> {
  const problems: string[] = [];
  const named = remote ? findNode(config, remote) : undefined;
  if (named) requireUsable(named);
  const movable = leaving.filter((instance) => {
    try {
      requireMovable(instance, node);
      if (named) requireNetworks(config, instance, node.group, named.group);
      return true;
    } catch (error) {
      problems.push(GantryError.from(error).message);
      return false;
    }
  });
  if (named?.uuid === node.uuid)
    throw new GantryError('INPUT_INVALID', { subject: 'OP_NODE_EVACUATE', field: 'remote_node', problem: 'is the node itself' });
  const moves = movable.map((instance) => ({ instance, migrates: migrates(config, node, instance) }));
  const targets = named ? movable.map(() => named) : await placer.targets(config, moves);
  for (const target of targets) if (target instanceof GantryError) problems.push(target.message);
  if (problems.length > 0) {
    throw new GantryError('EVACUATION_IMPOSSIBLE', {
      node: node.name,
      failed: problems.length,
      count: leaving.length,
      problems: problems.join('; '),
    });
  }
  return targets.filter((target): target is Node => !(target instanceof GantryError));
}

const migrates = ({ cluster }: ConfigSnapshot, node: Node, instance: Instance): boolean =>
  !node.offline && !fillBeparams(cluster, instance).always_failover;

/** An instance of a node that is offline is taken for stopped: whoever marked it so vouches for that. */
function moveOf(config: ConfigSnapshot, node: Node, instance: Instance): OpInput {
  const instance_name = instance.name;
  if (migrates(config, node, instance)) return { OP_ID: 'OP_INSTANCE_MIGRATE', instance_name, allow_failover: true };
  return { OP_ID: 'OP_INSTANCE_FAILOVER', instance_name, ignore_consistency: node.offline };
}
