import { defineOperation } from '../../jobs/index.ts';
import { type Instance, instanceOpcodes } from '../../model/index.ts';
import type { DiskSpec } from '../../rpc/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { removeDiskSteps } from '../lib/disk-steps.ts';
import { findInstance } from '../lib/find-object.ts';
import { claimsOf } from '../lib/new-instance.ts';
import { requireOnline } from '../lib/require-node.ts';
import { defaultShutdownSeconds, recordStateStep, stopStep } from '../lib/running-steps.ts';

interface RemovePlan {
  readonly instance: Instance;
  readonly timeout: number;
  /** Go on although the node cannot be reached; what lies there is removed when it answers. */
  readonly orLater: boolean;
}

export const instanceRemove = ({ garbage }: ClusterParts) =>
  defineOperation(instanceOpcodes.instanceRemove, {
    async plan({ config }, params): Promise<RemovePlan> {
      const instance = findInstance(config, params.instance_name);
      const node = config.nodes.get(instance.primary_node);
      if (node && !params.ignore_failures) requireOnline(node);
      return { instance, timeout: params.shutdown_timeout ?? defaultShutdownSeconds, orLater: params.ignore_failures ?? false };
    },

    steps({ instance, timeout, orLater }) {
      const node = instance.primary_node;
      return [
        stopStep(node, instance, timeout, orLater ? { orLater: garbage } : {}),
        { ...recordStateStep(instance.uuid, 'down'), pivot: true },
        ...removeDiskSteps(node, instance.disks as DiskSpec[], { uuid: instance.uuid, name: instance.name }, garbage, orLater),
        {
          name: 'forget the instance',
          commit(draft) {
            draft.remove('instance', instance.uuid);
            for (const { what, value } of claimsOf(instance)) draft.release(what, value);
          },
        },
      ];
    },

    result: () => null,
  });
