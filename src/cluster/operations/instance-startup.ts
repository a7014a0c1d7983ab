import { isWatcher } from '../../access/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { fillBeparams, type Instance, opcodes } from '../../model/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { findInstance, findNode } from '../lib/find-object.ts';
import type { SpecOverrides } from '../lib/instances/instance-spec.ts';
import { readHvparams } from '../lib/instances/new-instance.ts';
import { rehearseStart } from '../lib/instances/rehearse-on-node.ts';
import { requireBeparams } from '../lib/instances/require-beparams.ts';
import { recordStateStep, startStep } from '../lib/instances/running-steps.ts';
import { requireOnline } from '../lib/nodes/require-node.ts';
import { settleSteps, type UnsettledDisks, unsettledDisks } from '../lib/storage/settle-disks.ts';

interface StartupPlan {
  readonly instance: Pick<Instance, 'uuid' | 'name' | 'hypervisor' | 'primary_node'>;
  readonly overrides: SpecOverrides;
  readonly record: boolean;
  /** Of a version that kept disks under the name of the instance. */
  readonly unsettled: UnsettledDisks | undefined;
  /** It was stopped by order after the watcher had found it down. */
  readonly obsolete: boolean;
}

export const instanceStartup = ({ garbage }: ClusterParts) =>
  defineOperation(opcodes.instanceStartup, {
    async plan(context, params): Promise<StartupPlan> {
      const { config, principal, log } = context;
      const instance = findInstance(config, params.instance_name);
      requireOnline(findNode(config, instance.primary_node));
      readHvparams(instance.hypervisor, { ...instance.hvparams, ...params.hvparams });
      if (params.beparams) requireBeparams({ ...fillBeparams(config.cluster, instance), ...params.beparams }, 'OP_INSTANCE_STARTUP');
      const hvparams = params.hvparams && readHvparams(instance.hypervisor, params.hvparams);
      const obsolete = isWatcher(principal) && instance.admin_state !== 'up';
      if (obsolete) log(`Instance ${instance.name} is to be ${instance.admin_state} now and is not started.`);
      const overrides = { ...(hvparams && { hvparams }), ...(params.beparams && { beparams: params.beparams }) };
      if (!obsolete) await rehearseStart(context, instance, 'present', overrides);
      return {
        instance,
        obsolete,
        overrides,
        record: !params.no_remember,
        unsettled: unsettledDisks(instance),
      };
    },
    steps({ instance, overrides, record, obsolete, unsettled }) {
      if (obsolete) return [];
      return [
        ...settleSteps(instance, unsettled),
        // Not undone: an instance that was started by somebody else in between must not be stopped by us.
        { ...startStep(instance.primary_node, instance, garbage, overrides), undo: async () => undefined, pivot: true },
        ...(record ? [recordStateStep(instance.uuid, 'up')] : []),
      ];
    },
    result: () => null,
  });
