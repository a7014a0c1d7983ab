import { GantryError } from '../../base/index.ts';
import { defineOperation, type PlanContext, type WorldStep } from '../../jobs/index.ts';
import { fillIpolicy, type Instance, type Node, type OpcodeParams, opcodes } from '../../model/index.ts';
import type { DiskSpec, RpcParams } from '../../rpc/index.ts';
import type { ConfigSnapshot, SecretBox } from '../../store/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { findGroup, findNetwork, findNode, requireFreeName } from '../lib/find-object.ts';
import { checkIpolicy } from '../lib/instances/check-ipolicy.ts';
import { instanceSpec } from '../lib/instances/instance-spec.ts';
import { claimsOf, newInstance, type WantedInstance, wantedInstance } from '../lib/instances/new-instance.ts';
import { declaredSecrets, filledOsparams, type Osparams, openOsparams } from '../lib/instances/osparams.ts';
import { rehearseStart } from '../lib/instances/rehearse-on-node.ts';
import { recordStateStep, startStep } from '../lib/instances/running-steps.ts';
import { settleOsparams } from '../lib/instances/seal-osparams.ts';
import { wishedNics } from '../lib/networking/new-nics.ts';
import { missingLink } from '../lib/nodes/node-links.ts';
import { requireUsable } from '../lib/nodes/require-node.ts';
import { diskPlaces } from '../lib/storage/disk-places.ts';
import { createDiskSteps, progressOf } from '../lib/storage/disk-steps.ts';
import type { InstanceNeeds } from '../placement/instance-needs.ts';
import { requireIallocator } from '../placement/require-iallocator.ts';

type Params = OpcodeParams<typeof opcodes.instanceCreate>;

/** What a creation needs to know, found out before anything is changed. */
export interface CreatePlan {
  /** UUID of the primary node. */
  readonly node: string;
  /** The primary one first. */
  readonly node_names: readonly string[];
  /** The instance as it will be configured. */
  readonly instance: Instance;
  /** Encrypted parameters of the OS that are not kept. */
  readonly osparams_secret?: Osparams;
  readonly install: boolean;
  readonly start: boolean;
}

export const instanceCreate = ({ placer, garbage, live, secrets }: ClusterParts) =>
  defineOperation(opcodes.instanceCreate, {
    async plan(context, given): Promise<CreatePlan> {
      const { config } = context;
      const settled = settleOsparams(secrets, declaredSecrets(config, live, given.os_type ?? ''), given);
      const params = { ...given, osparams: settled.osparams, osparams_private: settled.osparams_private };
      const own = settled.osparams_secret;
      requireFreeName(config, 'instance', params.instance_name);
      const wanted = wantedInstance(config, params);
      if (!params.ignore_ipolicy && !params.pnode) requireFittingGroup(config, params, wanted);
      requireIallocator(params.iallocator);
      const nodes = await nodesOf(context, { placer, live }, params, wanted);
      const [node] = nodes as [Node];
      if (!params.ignore_ipolicy) holdToPolicy(config, params, wanted, node.group);
      const instance = newInstance(context, params, wanted, nodes);
      if (instance.os) {
        const filled = openOsparams(secrets, filledOsparams(config.cluster, instance, own));
        await requireOs(context, node, { os: instance.os, force_variant: params.force_variant ?? false, ...filled });
      }
      if (instance.disks.length > 0 || params.start !== false) await rehearseStart(context, instance, 'new');
      const names = nodes.map(({ name }) => name);
      context.log(
        names.length > 1
          ? `Nodes ${names.join(' and ')} take instance ${instance.name}.`
          : `Node ${node.name} takes instance ${instance.name}.`,
      );
      const install = !params.no_install && instance.disks.length > 0;
      return { node: node.uuid, node_names: names, instance, osparams_secret: own, install, start: params.start ?? true };
    },

    steps({ node, instance, osparams_secret: own = {}, install, start }) {
      return [
        {
          id: 'reserve',
          title: 'reserve name, addresses and room',
          formerly: ['reserve name, addresses and room'],
          releases: ['allocation'],
          commit(draft) {
            for (const uuid of [node, ...instance.secondary_nodes]) requireUsable(draft.need('node', uuid));
            draft.create('instance', instance);
            for (const { what, value } of claimsOf(instance)) draft.claim(what, value, instance.uuid);
          },
          uncommit(draft) {
            draft.remove('instance', instance.uuid);
            for (const { what, value } of claimsOf(instance)) draft.release(what, value);
          },
        },
        ...createDiskSteps(diskPlaces(instance), instance.disks as DiskSpec[], { uuid: instance.uuid, name: instance.name }, garbage),
        ...(install ? [installStep(node, instance, own, secrets)] : []),
        ...(start ? [startStep(node, instance, garbage), recordStateStep(instance.uuid, 'up')] : []),
      ];
    },

    result: (plan) => [...plan.node_names],
  });

/** The primary node first. */
async function nodesOf(
  context: PlanContext,
  { placer, live }: Pick<ClusterParts, 'placer' | 'live'>,
  params: Params,
  wanted: WantedInstance,
): Promise<readonly Node[]> {
  const { config } = context;
  if (params.pnode) {
    const node = findNode(config, params.pnode);
    requireUsable(node);
    return [node];
  }
  const needs: InstanceNeeds = {
    name: params.instance_name,
    hypervisor: wanted.hypervisor,
    beparams: wanted.beparams,
    disk_template: wanted.diskTemplate,
    disks: wanted.disks,
    tags: params.tags ?? [],
    networks: (params.nics ?? []).map(({ network }) => (network ? findNetwork(config, network).uuid : null)),
    offline: false,
  };
  const violations = new Map(
    [...config.groups.values()].map(({ uuid }) => [uuid, params.ignore_ipolicy ? undefined : violation(config, params, wanted, uuid)]),
  );
  const { primary, secondary, remarks } = await placer.place(config, needs, {
    ...(params.group_name && { group: findGroup(config, params.group_name).uuid }),
    refuses: (node) => violations.get(node.group)?.message ?? missingLink(config, live, node, wishedNics(config, params, node)),
  });
  for (const remark of remarks) context.log(remark);
  return secondary ? [primary, secondary] : [primary];
}

/** What no policy allows is told as that, not as a lack of room. @throws IPOLICY_VIOLATED of the first group that could be meant */
function requireFittingGroup(config: ConfigSnapshot, params: Params, wanted: WantedInstance): void {
  const usable = [...config.groups.values()].filter((group) => group.alloc_policy !== 'unallocable');
  const groups = params.group_name ? [findGroup(config, params.group_name)] : usable;
  const violations = groups.map(({ uuid }) => violation(config, params, wanted, uuid));
  if (violations[0] && !violations.includes(undefined)) throw violations[0];
}

/** How an instance violates the policy of a group. */
function violation(config: ConfigSnapshot, params: Params, wanted: WantedInstance, group: string): GantryError | undefined {
  try {
    holdToPolicy(config, params, wanted, group);
    return undefined;
  } catch (error) {
    return GantryError.from(error);
  }
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

async function requireOs(context: PlanContext, node: Node, request: RpcParams<'os-verify-params'>): Promise<void> {
  await context.nodes.call(node.uuid, 'os-verify-params', request, { signal: context.signal });
}

function installStep(node: string, planned: Instance, own: Osparams, box: SecretBox): WorldStep {
  return {
    id: 'install-os',
    title: 'install the OS',
    formerly: ['install the OS'],
    async do(context) {
      const instance = context.config.instances.get(planned.uuid) ?? planned;
      const spec = instanceSpec(context.config, instance);
      const filled = filledOsparams(context.config.cluster, instance, own);
      const { osparams, secret_osparams } = openOsparams(box, filled);
      const request = { instance: { ...spec, osparams }, reinstall: false, debug: 0, secret_osparams };
      await context.nodes.call(node, 'os-install', request, progressOf(context));
    },
  };
}
