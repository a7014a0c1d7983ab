import { GantryError } from '../../base/index.ts';
import { defineOperation, type PlanContext, type WorldStep } from '../../jobs/index.ts';
import { fillIpolicy, type Instance, instanceOpcodes, type Node, type OpcodeParams } from '../../model/index.ts';
import type { DiskSpec } from '../../rpc/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { checkIpolicy } from '../lib/check-ipolicy.ts';
import { createDiskSteps, progressOf } from '../lib/disk-steps.ts';
import { findGroup, findNode, requireFreeName } from '../lib/find-object.ts';
import { instanceSpec } from '../lib/instance-spec.ts';
import { claimsOf, newInstance, type WantedInstance, wantedInstance } from '../lib/new-instance.ts';
import { placeInstance } from '../lib/place-instance.ts';
import { requireUsable } from '../lib/require-node.ts';
import { recordStateStep, startStep } from '../lib/running-steps.ts';
import type { LiveState } from '../live-state.ts';

type Params = OpcodeParams<typeof instanceOpcodes.instanceCreate>;

/** What a creation needs to know, found out before anything is changed. */
export interface CreatePlan {
  /** UUID of the primary node. */
  readonly node: string;
  readonly node_name: string;
  /** The instance as it will be configured. */
  readonly instance: Instance;
  readonly install: boolean;
  readonly start: boolean;
}

export const instanceCreate = ({ live, garbage }: ClusterParts) =>
  defineOperation(instanceOpcodes.instanceCreate, {
    async plan(context, params): Promise<CreatePlan> {
      const { config } = context;
      requireFreeName(config, 'instance', params.instance_name);
      const wanted = wantedInstance(config, params);
      if (!params.ignore_ipolicy && !params.pnode) requireFittingGroup(config, params, wanted);
      const node = primaryNode(config, live, params, wanted);
      if (!params.ignore_ipolicy) holdToPolicy(config, params, wanted, node.group);
      const instance = newInstance(context, params, wanted, node);
      if (instance.os) await requireOs(context, node, params);
      context.log(`Node ${node.name} takes instance ${instance.name}.`);
      const install = !params.no_install && instance.disks.length > 0;
      return { node: node.uuid, node_name: node.name, instance, install, start: params.start ?? true };
    },

    steps({ node, instance, install, start }) {
      return [
        {
          name: 'reserve name, addresses and room',
          releasesAllocation: true,
          commit(draft) {
            requireUsable(draft.need('node', node));
            draft.create('instance', instance);
            for (const { what, value } of claimsOf(instance)) draft.claim(what, value, instance.uuid);
          },
          uncommit(draft) {
            draft.remove('instance', instance.uuid);
            for (const { what, value } of claimsOf(instance)) draft.release(what, value);
          },
        },
        ...createDiskSteps(node, instance.disks as DiskSpec[], { uuid: instance.uuid, name: instance.name }, garbage),
        ...(install ? [installStep(node, instance)] : []),
        ...(start ? [startStep(node, instance, garbage), recordStateStep(instance.uuid, 'up')] : []),
      ];
    },

    result: (plan) => [plan.node_name],
  });

function primaryNode(config: ConfigSnapshot, live: LiveState, params: Params, wanted: WantedInstance): Node {
  if (params.pnode) {
    const node = findNode(config, params.pnode);
    requireUsable(node);
    return node;
  }
  return placeInstance(config, live, {
    subject: `instance ${params.instance_name}`,
    request: { memory: wanted.memory, vcpus: wanted.vcpus, disk: wanted.disks.reduce((sum, disk) => sum + disk.size, 0) },
    ...(params.group_name && { group: findGroup(config, params.group_name).uuid }),
  });
}

/** What no policy allows is told as that, not as a lack of room. @throws IPOLICY_VIOLATED of the first group that could be meant */
function requireFittingGroup(config: ConfigSnapshot, params: Params, wanted: WantedInstance): void {
  const usable = [...config.groups.values()].filter((group) => group.alloc_policy !== 'unallocable');
  const groups = params.group_name ? [findGroup(config, params.group_name)] : usable;
  let violation: GantryError | undefined;
  for (const { uuid } of groups) {
    try {
      return holdToPolicy(config, params, wanted, uuid);
    } catch (error) {
      violation ??= GantryError.from(error);
    }
  }
  if (violation) throw violation;
}

function holdToPolicy(config: ConfigSnapshot, params: Params, wanted: WantedInstance, groupUuid: string): void {
  const group = config.groups.get(groupUuid);
  if (!group) return;
  const subject = {
    name: params.instance_name,
    memory: wanted.memory,
    vcpus: wanted.vcpus,
    spindleUse: wanted.spindleUse,
    diskSizes: wanted.disks.map((disk) => disk.size),
    nics: params.nics?.length ?? 1,
    diskTemplate: wanted.diskTemplate,
  };
  checkIpolicy(fillIpolicy(config.cluster, group), subject, group.name);
}

async function requireOs(context: PlanContext, node: Node, params: Params): Promise<void> {
  const os = params.os_type ?? '';
  const osparams = { ...context.config.cluster.osparams[os.split('+')[0] ?? ''], ...params.osparams };
  const request = { os, osparams, force_variant: params.force_variant ?? false };
  await context.nodes.call(node.uuid, 'os-verify-params', request, { signal: context.signal });
}

function installStep(node: string, planned: Instance): WorldStep {
  return {
    name: 'install the OS',
    async do(context) {
      const instance = context.config.instances.get(planned.uuid) ?? planned;
      const spec = instanceSpec(context.config, instance);
      await context.nodes.call(node, 'os-install', { instance: spec, reinstall: false, debug: 0 }, progressOf(context));
    },
  };
}
