import { defineOperation } from '../../jobs/index.ts';
import { type Instance, type OpcodeParams, opcodes } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { findInstance, findNode } from '../lib/find-object.ts';
import { overtakenInstance } from '../lib/instances/overtaken-instance.ts';
import { rehearseCall } from '../lib/instances/rehearse-on-node.ts';
import { defaultShutdownSeconds, recordStateStep, stopStep } from '../lib/instances/running-steps.ts';
import { requireAdapter } from '../lib/nodes/require-adapter.ts';
import { requireOnline } from '../lib/nodes/require-node.ts';

interface ShutdownPlan {
  readonly instance: Pick<Instance, 'uuid' | 'name' | 'hypervisor' | 'primary_node'>;
  readonly timeout: number;
  readonly record: boolean;
  readonly source: 'admin' | 'user';
  /** Its node is offline: only the wish is recorded. */
  readonly offline: boolean;
}

export const instanceShutdown = ({ live }: ClusterParts) =>
  defineOperation(opcodes.instanceShutdown, {
    overtakes: ({ instance_name, force, timeout }) => overtakenInstance(instance_name, force || timeout === 0),
    precheck: (config, params) => void check(config, live, params),
    async plan(context, params): Promise<ShutdownPlan> {
      const { instance, node, offline } = check(context.config, live, params);
      if (!offline) await rehearseCall(context, node.uuid);
      return {
        instance,
        timeout: params.force ? 0 : (params.timeout ?? defaultShutdownSeconds),
        record: !params.no_remember,
        source: params.admin_state_source ?? 'admin',
        offline,
      };
    },
    steps: ({ instance, timeout, record, source, offline }) => [
      ...(offline ? [] : [{ ...stopStep(instance.primary_node, instance, timeout), pivot: true }]),
      ...(record ? [recordStateStep(instance.uuid, 'down', source)] : []),
    ],
    result: () => null,
  });

/** @throws OBJECT_UNKNOWN, NODE_NOT_JOINED, NODE_OFFLINE, HYPERVISOR_UNSUPPORTED */
function check(config: ConfigSnapshot, live: ClusterParts['live'], params: OpcodeParams<typeof opcodes.instanceShutdown>) {
  const instance = findInstance(config, params.instance_name);
  const node = findNode(config, instance.primary_node);
  const offline = node.offline && params.ignore_offline_nodes === true;
  if (!offline) {
    requireOnline(node);
    requireAdapter(config, live, instance);
  }
  return { instance, node, offline };
}
