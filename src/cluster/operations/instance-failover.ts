import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { type Instance, type OpcodeParams, opcodes } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { findInstance, findNode } from '../lib/find-object.ts';
import { instanceNodes } from '../lib/instances/instance-nodes.ts';
import { overtakenInstance } from '../lib/instances/overtaken-instance.ts';
import { checkStart } from '../lib/instances/rehearse-on-node.ts';
import { runtimeOf } from '../lib/instances/require-running.ts';
import { defaultShutdownSeconds, ref, startStep, stopStep } from '../lib/instances/running-steps.ts';
import { keepRoomStep, recordNodeStep } from '../lib/moves/move-steps.ts';
import { moveTarget, requestedTarget } from '../lib/moves/move-target.ts';
import { requireJoined } from '../lib/nodes/require-node.ts';

/** Nodes are UUIDs. */
interface FailoverPlan {
  readonly instance: Pick<Instance, 'uuid' | 'name' | 'hypervisor'>;
  readonly source: string;
  readonly target: string;
  readonly target_name: string;
  /** The source is marked offline: the operator confirms that nothing runs there. */
  readonly sourceGone: boolean;
  readonly wasRunning: boolean;
  readonly start: boolean;
  readonly timeout: number;
}

export const instanceFailover = ({ placer, garbage }: ClusterParts) =>
  defineOperation(opcodes.instanceFailover, {
    overtakes: ({ instance_name, shutdown_timeout }) => overtakenInstance(instance_name, shutdown_timeout === 0),
    precheck: (config, params) => void requestedTarget(config, checkSource(config, params).instance, params),
    locks: (params, config) => [...opcodes.instanceFailover.touches(params), ...instanceNodes(config, params.instance_name)],
    async plan(context, params): Promise<FailoverPlan> {
      const { config } = context;
      const { instance, source } = checkSource(config, params);
      const target = await moveTarget(config, placer, instance, params, { migrates: false });
      await context.nodes.call(target.uuid, 'node-info', {}, { signal: context.signal });
      // Before it is stopped where it runs.
      if (instance.admin_state === 'up') await checkStart(context, instance, 'present', { node: target.uuid });
      const runtime = source.offline ? undefined : await runtimeOf(context, instance);
      return {
        instance: ref(instance),
        source: source.uuid,
        target: target.uuid,
        target_name: target.name,
        sourceGone: source.offline,
        wasRunning: runtime?.state === 'running',
        start: instance.admin_state === 'up',
        timeout: params.shutdown_timeout ?? defaultShutdownSeconds,
      };
    },

    steps: (plan) => [
      keepRoomStep(plan),
      ...(plan.sourceGone
        ? []
        : [stopStep(plan.source, plan.instance, plan.timeout, { restart: plan.wasRunning, title: 'stop it on the old node' })]),
      recordNodeStep(plan),
      ...(plan.sourceGone
        ? [
            {
              id: 'fence-old-node',
              title: 'fence the old node',
              formerly: ['fence the old node'],
              // The node is offline now; should it come back with the instance running, that copy is ended first.
              do: async () => garbage.add({ type: 'instance', node: plan.source, ...plan.instance }),
            },
          ]
        : []),
      // Undone only when it is certain that it does not run on the new node: else it would run twice on the same disks.
      ...(plan.start ? [startStep(plan.target, plan.instance, undefined, {}, 'start it on the new node')] : []),
    ],

    result: (plan) => ({ node: plan.target_name }),
  });

/** @throws OBJECT_UNKNOWN, NODE_NOT_JOINED, NODE_OFFLINE */
function checkSource(config: ConfigSnapshot, params: OpcodeParams<typeof opcodes.instanceFailover>) {
  const instance = findInstance(config, params.instance_name);
  const source = findNode(config, instance.primary_node);
  // An unreachable node may still run the instance: only one that the operator marked offline is taken for gone.
  if (!params.ignore_consistency) requireJoined(source);
  if (source.offline && !params.ignore_consistency) throw new GantryError('NODE_OFFLINE', { name: source.name });
  return { instance, source };
}
