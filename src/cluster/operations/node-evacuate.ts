import { GantryError } from '../../base/index.ts';
import { isUnfinished } from '../../execution/index.ts';
import { defineOperation, type OpInput, type PlanContext } from '../../jobs/index.ts';
import { fillBeparams, type Instance, isCapable, type Job, jobStatus, type Node, type OpcodeParams, opcodes } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { findNode } from '../lib/find-object.ts';
import { requireMovable } from '../lib/moves/require-movable.ts';
import { requireNetworks } from '../lib/networking/require-networks.ts';
import { requireJoined, requireUsable } from '../lib/nodes/require-node.ts';
import type { Placer } from '../placement/placer.ts';
import { requireIallocator } from '../placement/require-iallocator.ts';

type Params = OpcodeParams<typeof opcodes.nodeEvacuate>;

interface EvacuatePlan {
  readonly user: string;
  /** One job for each instance that can leave. */
  readonly moves: readonly OpInput[];
  /** Why the others cannot. */
  readonly stays: readonly { readonly instance: string; readonly reason: string }[];
  /** Of the jobs; people read it. */
  readonly comment: string;
  /** A version that found its jobs by their comment may have submitted them. */
  readonly byComment?: boolean;
}

export const nodeEvacuate = ({ placer, jobs }: ClusterParts) =>
  defineOperation(opcodes.nodeEvacuate, {
    planVersion: 2,
    upgradePlan: (plan) => ({ ...(plan as unknown as EvacuatePlan), byComment: true }),
    async plan(context, params): Promise<EvacuatePlan> {
      const { config, jobId, user } = context;
      requireIallocator(params.iallocator);
      const node = findNode(config, params.node_name);
      // Nobody has said that nothing runs there, as somebody does who marks a node offline.
      requireJoined(node);
      requireNoEvacuation(node, jobs().list());
      const comment = commentOf(node, jobId);
      // Where disks are shared, an instance has no secondary node that could be changed.
      const { sight } = context;
      const here = params.mode === 'secondary-only' ? [] : config.instancesOf(node.uuid).primary;
      // What who asks may not see, he may neither move nor hear of.
      const leaving = sight ? here.filter((instance) => sight.sees('instance', instance)) : here;
      const { goes, stays } = await sortOut(config, placer, node, leaving, params.remote_node, sight);
      for (const { instance, target } of goes) context.log(`Instance ${instance.name} goes to ${target.name}.`);
      for (const { instance, reason: why } of stays) context.log(`Instance ${instance} stays: ${why}`);
      const { reason } = params;
      const moves = goes.map(({ instance, target }) => ({
        ...moveOf(config, node, instance),
        target_node: target.name,
        comment,
        reason,
      }));
      return { user, moves, stays, comment };
    },

    steps: () => [
      {
        id: 'submit-moves',
        title: 'submit the moves',
        formerly: ['submit the moves'],
        async do({ plan: { moves, comment, byComment }, submitJobs }) {
          const before = byComment
            ? jobs()
                .list()
                .filter(({ ops }) => ops[0]?.input['comment'] === comment)
            : [];
          if (before.length > 0) return before.map(({ id }) => id);
          return [...(await submitJobs(moves.map((move) => [move])))];
        },
      },
    ],

    /** In Ganeti's form: instances without a job are listed with the reason. */
    result: ({ stays }, outcomes) => ({
      jobs: [
        ...(outcomes['submit-moves'] as number[]).map((id): [boolean, number | string] => [true, id]),
        ...stays.map(({ instance, reason }): [boolean, number | string] => [false, `Instance ${instance} stays: ${reason}`]),
      ],
    }),
  });

const commentOf = (node: Node, jobId: number): string => `evacuates ${node.name} for job ${jobId}`;

/**
 * Moves of an earlier evacuation may still wait: their instances would be moved twice.
 * @throws EVACUATION_RUNNING
 */
function requireNoEvacuation(node: Node, jobs: readonly Job[]): void {
  const moves = jobs.filter(
    (job) => job.parent !== undefined && job.ops[0]?.input['comment'] === commentOf(node, job.parent) && isUnfinished(jobStatus(job)),
  );
  const [first] = moves;
  if (first?.parent === undefined) return;
  throw new GantryError('EVACUATION_RUNNING', { node: node.name, job: first.parent, first: first.id, count: moves.length });
}

interface SortedOut {
  readonly goes: readonly { readonly instance: Instance; readonly target: Node }[];
  readonly stays: EvacuatePlan['stays'];
}

/**
 * Which instances can leave, and their targets. An instance that cannot leave does not stop the others.
 * @throws EVACUATION_IMPOSSIBLE when none of several can leave; NODE_OFFLINE, NODE_DRAINED, NODE_NOT_VM_CAPABLE of a named target
 */
async function sortOut(
  config: ConfigSnapshot,
  placer: Placer,
  node: Node,
  leaving: readonly Instance[],
  remote: Params['remote_node'],
  sight: PlanContext['sight'],
): Promise<SortedOut> {
  const named = remote ? findNode(config, remote) : undefined;
  if (named) requireUsable(named);
  const reasons = new Map(leaving.map((instance) => [instance, reasonToStay(config, instance, node, named)]));
  const movable = leaving.filter((instance) => reasons.get(instance) === undefined);
  if (named?.uuid === node.uuid)
    throw new GantryError('INPUT_INVALID', { subject: 'OP_NODE_EVACUATE', field: 'remote_node', problem: 'is the node itself' });
  const mayUse = (other: Node) => sight?.sees('node', other) !== false;
  const moves = movable.map((instance) => ({ instance, migrates: migrates(config, node, instance), mayUse }));
  const targets = named ? movable.map(() => named) : await placer.targets(config, moves);
  const goes: { instance: Instance; target: Node }[] = [];
  for (const [k, instance] of movable.entries()) {
    const target = targets[k] ?? new GantryError('INTERNAL', { detail: `no answer for ${instance.name}` });
    // The message names nodes.
    if (target instanceof GantryError) reasons.set(instance, sight ? 'no node can take it' : target.message);
    else goes.push({ instance, target });
  }
  const stays = leaving.flatMap((instance) => {
    const reason = reasons.get(instance);
    return reason === undefined ? [] : [{ instance: instance.name, reason }];
  });
  if (stays.length > 0 && goes.length === 0) {
    const problems = stays.map(({ reason }) => reason).join('; ');
    throw new GantryError('EVACUATION_IMPOSSIBLE', { node: node.name, count: leaving.length, problems });
  }
  return { goes, stays };
}

function reasonToStay(config: ConfigSnapshot, instance: Instance, node: Node, target: Node | undefined): string | undefined {
  try {
    requireMovable(instance, node);
    if (target) requireNetworks(config, instance, node.group, target.group);
    return undefined;
  } catch (error) {
    return GantryError.from(error).message;
  }
}

const migrates = ({ cluster }: ConfigSnapshot, node: Node, instance: Instance): boolean =>
  !node.offline && !fillBeparams(cluster, instance).always_failover && isCapable(instance.hypervisor, 'migration');

/** An instance of an offline node counts as stopped: the operator who marked the node offline confirms this. */
function moveOf(config: ConfigSnapshot, node: Node, instance: Instance): OpInput {
  const instance_name = instance.name;
  if (migrates(config, node, instance)) return { OP_ID: 'OP_INSTANCE_MIGRATE', instance_name, allow_failover: true };
  return { OP_ID: 'OP_INSTANCE_FAILOVER', instance_name, ignore_consistency: node.offline };
}
