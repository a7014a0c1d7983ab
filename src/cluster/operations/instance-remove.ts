import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { type Instance, type OpcodeParams, opcodes } from '../../model/index.ts';
import type { DiskSpec } from '../../rpc/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { findInstance } from '../lib/find-object.ts';
import { claimsOf } from '../lib/instances/new-instance.ts';
import { overtakenInstance } from '../lib/instances/overtaken-instance.ts';
import { rehearseCall } from '../lib/instances/rehearse-on-node.ts';
import { defaultShutdownSeconds, recordStateStep, stopStep } from '../lib/instances/running-steps.ts';
import { requireAdapter } from '../lib/nodes/require-adapter.ts';
import { requireOnline } from '../lib/nodes/require-node.ts';
import { diskPlaces } from '../lib/storage/disk-places.ts';
import { removeDiskSteps } from '../lib/storage/disk-steps.ts';
import type { LiveState } from '../live-state.ts';

interface RemovePlan {
  readonly instance: Instance;
  readonly timeout: number;
  /** Go on although the node cannot be reached; what lies there is removed when it answers. */
  readonly orLater: boolean;
}

export const instanceRemove = ({ garbage, live }: ClusterParts) =>
  defineOperation(opcodes.instanceRemove, {
    overtakes: ({ instance_name, shutdown_timeout }) => overtakenInstance(instance_name, shutdown_timeout === 0),
    precheck: (config, params) => void check(config, live, params),
    async plan(context, params): Promise<RemovePlan> {
      const instance = check(context.config, live, params);
      if (!params.ignore_failures) await rehearseCall(context, instance.primary_node);
      return { instance, timeout: params.shutdown_timeout ?? defaultShutdownSeconds, orLater: params.ignore_failures ?? false };
    },

    steps({ instance, timeout, orLater }) {
      const node = instance.primary_node;
      return [
        stopStep(node, instance, timeout, { restart: 'if-up', ...(orLater && { orLater: garbage }) }),
        { ...recordStateStep(instance.uuid, 'down'), pivot: true },
        ...removeDiskSteps(
          diskPlaces(instance),
          instance.disks as DiskSpec[],
          { uuid: instance.uuid, name: instance.name },
          garbage,
          orLater,
        ),
        {
          id: 'forget-instance',
          title: 'forget the instance',
          formerly: ['forget the instance'],
          commit(draft) {
            draft.remove('instance', instance.uuid);
            for (const { what, value } of claimsOf(instance)) draft.release(what, value);
          },
        },
      ];
    },

    result: () => null,
  });

/** Its disks must not be taken from under a copy that a broken migration left. @throws INSTANCE_ON_OTHER_NODE */
function requireNoOtherCopy(config: ConfigSnapshot, live: LiveState, { uuid, name, primary_node }: Instance): void {
  const seen = live.instance(uuid);
  if (!seen || seen.node === primary_node || seen.runtime.state !== 'running') return;
  const nameOf = (node: string) => config.nodes.get(node)?.name ?? node;
  throw new GantryError('INSTANCE_ON_OTHER_NODE', { name, node: nameOf(seen.node), primary: nameOf(primary_node) });
}

/** What the configuration and the last reports of the nodes tell against it. */
function check(config: ConfigSnapshot, live: LiveState, params: OpcodeParams<typeof opcodes.instanceRemove>): Instance {
  const instance = findInstance(config, params.instance_name);
  const node = config.nodes.get(instance.primary_node);
  if (node && !params.ignore_failures) requireOnline(node);
  requireNoOtherCopy(config, live, instance);
  if (!params.ignore_failures) requireAdapter(config, live, instance);
  return instance;
}
