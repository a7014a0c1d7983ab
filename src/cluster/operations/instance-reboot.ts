import { defineOperation, type WorldStep } from '../../jobs/index.ts';
import { type Instance, opcodes, requireCapability } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { findInstance, findNode } from '../lib/find-object.ts';
import { overtakenInstance } from '../lib/instances/overtaken-instance.ts';
import { checkStart } from '../lib/instances/rehearse-on-node.ts';
import { requireRunning } from '../lib/instances/require-running.ts';
import { defaultShutdownSeconds, recordStateStep, ref, startStep, stopStep } from '../lib/instances/running-steps.ts';
import { requireOnline } from '../lib/nodes/require-node.ts';
import { settleSteps, type UnsettledDisks, unsettledDisks } from '../lib/storage/settle-disks.ts';

interface RebootPlan {
  readonly instance: Pick<Instance, 'uuid' | 'name' | 'hypervisor' | 'primary_node'>;
  readonly type: 'soft' | 'hard' | 'full';
  readonly timeout: number;
  /** Of a version that kept disks under the name of the instance. */
  readonly unsettled: UnsettledDisks | undefined;
}

export const instanceReboot = ({ garbage }: ClusterParts) =>
  defineOperation(opcodes.instanceReboot, {
    // Only who asks for a hard one: without a type the guest may end in order.
    overtakes: ({ instance_name, reboot_type, shutdown_timeout }) =>
      overtakenInstance(instance_name, reboot_type === 'hard' || shutdown_timeout === 0),
    precheck: (config, params) => void check(config, params.instance_name),
    async plan(context, params): Promise<RebootPlan> {
      const instance = check(context.config, params.instance_name);
      const type = params.reboot_type ?? 'hard';
      if (type === 'soft') {
        requireCapability(instance.hypervisor, 'reset');
        await requireRunning(context, instance);
      }
      // Before it is stopped: what cannot be started again goes on running.
      else await checkStart(context, instance, 'present');
      const timeout = params.shutdown_timeout ?? defaultShutdownSeconds;
      return { instance, type, timeout, unsettled: unsettledDisks(instance) };
    },
    steps: ({ instance, type, timeout, unsettled }) =>
      type === 'soft'
        ? [resetStep(instance)]
        : [
            { ...stopStep(instance.primary_node, instance, timeout), pivot: true },
            ...settleSteps(instance, unsettled),
            { ...startStep(instance.primary_node, instance, garbage), pivot: true },
            recordStateStep(instance.uuid, 'up'),
          ],
    result: () => null,
  });

function resetStep(instance: RebootPlan['instance']): WorldStep {
  return {
    id: 'reset',
    title: 'reset',
    async do(context) {
      await context.nodes.call(instance.primary_node, 'instance-reset', ref(instance), { signal: context.signal });
    },
  };
}

/** @throws OBJECT_UNKNOWN, NODE_NOT_JOINED, NODE_OFFLINE */
function check(config: ConfigSnapshot, name: string): Instance {
  const instance = findInstance(config, name);
  requireOnline(findNode(config, instance.primary_node));
  return instance;
}
