import { GantryError } from '../../base/index.ts';
import { defineOperation, type PlanContext, type StepContext, type WorldStep } from '../../jobs/index.ts';
import { fillHvparams, type Instance, type OpcodeParams, opcodes, requireCapability, type Touch } from '../../model/index.ts';
import type { RpcResult } from '../../rpc/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { ClusterParts } from '../cluster-parts.ts';
import { findInstance, findNode } from '../lib/find-object.ts';
import { instanceNodes } from '../lib/instances/instance-nodes.ts';
import { instanceSpec } from '../lib/instances/instance-spec.ts';
import { checkStart } from '../lib/instances/rehearse-on-node.ts';
import { requireRunning, runtimeOf } from '../lib/instances/require-running.ts';
import { ref } from '../lib/instances/running-steps.ts';
import { findRunningCopy } from '../lib/moves/find-running-copy.ts';
import { keepRoomStep, recordNodeStep } from '../lib/moves/move-steps.ts';
import { moveTarget } from '../lib/moves/move-target.ts';
import { isUnreachable } from '../lib/nodes/is-unreachable.ts';
import { requireOnline } from '../lib/nodes/require-node.ts';
import { progressOf } from '../lib/storage/disk-steps.ts';

type Params = OpcodeParams<typeof opcodes.instanceMigrate>;

interface Transfer {
  readonly downtime_ms: number;
  readonly total_ms: number;
  readonly ram_mib: number;
}

/** Nodes are UUIDs. */
export interface MigratePlan {
  readonly instance: Pick<Instance, 'uuid' | 'name' | 'hypervisor'>;
  readonly source: string;
  readonly source_address: string;
  readonly target: string;
  readonly target_name: string;
  /** Whether it does not run, so that only its node is changed. */
  readonly stopped: boolean;
  /** Null when nothing is sent: the instance is stopped, or the outcome of an earlier migration is found out and recorded. */
  readonly transfer: null | {
    readonly live: boolean;
    readonly bandwidth: number;
    readonly downtime: number;
    /** Machine type of the running process; the receiving one must be the same. */
    readonly machine: string | null;
  };
}

export const instanceMigrate = (parts: ClusterParts) =>
  defineOperation(opcodes.instanceMigrate, {
    locks: (params, config) => [
      ...opcodes.instanceMigrate.touches(params),
      ...instanceNodes(config, params.instance_name),
      ...sendingNode(config, params.instance_name),
    ],
    async plan(context, params): Promise<MigratePlan> {
      const { config } = context;
      const instance = findInstance(config, params.instance_name);
      const source = findNode(config, instance.primary_node);
      const common = { instance: ref(instance), source: source.uuid, source_address: source.secondary_ip };
      if (params.cleanup) {
        const copy = await findRunningCopy(context, instance);
        context.log(`Instance ${instance.name} runs on ${copy.name}.`);
        return { ...common, target: copy.uuid, target_name: copy.name, stopped: false, transfer: null };
      }
      requireOnline(source);
      const target = await moveTarget(config, parts.placer, instance, params, { migrates: true });
      const stopped = params.allow_failover === true && (await isStopped(context, instance));
      if (stopped) return { ...common, target: target.uuid, target_name: target.name, stopped, transfer: null };
      requireCapability(instance.hypervisor, 'migration');
      const { machine = null } = await requireRunning(context, instance);
      await context.nodes.call(target.uuid, 'node-info', {}, { signal: context.signal });
      await checkStart(context, instance, 'present', { node: target.uuid });
      context.log(`Instance ${instance.name} moves from ${source.name} to ${target.name}.`);
      return {
        ...common,
        target: target.uuid,
        target_name: target.name,
        stopped: false,
        transfer: { machine, ...transferParams(context, instance, params) },
      };
    },

    steps: (plan) => [
      ...(plan.transfer ? [keepRoomStep(plan), acceptStep(plan, parts), sendStep(plan, plan.transfer)] : []),
      { ...recordNodeStep(plan), pivot: true },
      // The state is on the target already, so the configuration says so first; the rest only tidies up.
      ...(plan.stopped ? [] : [finishStep(plan, 'target', plan.target, 'take over on the target')]),
      ...(plan.stopped || plan.source === plan.target
        ? []
        : [finishStep(plan, 'source', plan.source, 'end it on the source', parts.garbage)]),
    ],

    result: (plan, outcomes) => {
      const none: Transfer = { downtime_ms: 0, total_ms: 0, ram_mib: 0 };
      return { node: plan.target_name, ...((outcomes['send-memory'] ?? none) as unknown as Transfer) };
    },
  });

/** One memory at a time leaves a node: two at once would take as long together, and each would change for longer while it is sent. */
function sendingNode(config: ConfigSnapshot, instanceName: string): Touch[] {
  const instance = config.instances.find(instanceName);
  return instance ? [{ kind: 'sending', name: instance.primary_node, mode: 'exclusive' }] : [];
}

/** Not running and not meant to: moving it is a matter of the configuration alone. */
async function isStopped(context: PlanContext, instance: Instance): Promise<boolean> {
  return instance.admin_state !== 'up' && (await runtimeOf(context, instance))?.state !== 'running';
}

function transferParams(context: PlanContext, instance: Instance, params: Params) {
  const hvparams = fillHvparams(context.config.cluster, instance.hypervisor, instance.os, instance.hvparams);
  const mode = params.mode ?? (params.live === false ? 'non-live' : params.live ? 'live' : hvparams['migration_mode']);
  return {
    live: mode !== 'non-live',
    bandwidth: Number(hvparams['migration_bandwidth'] ?? 1024),
    downtime: Number(hvparams['migration_downtime'] ?? 30),
  };
}

function acceptStep(plan: MigratePlan, { garbage }: ClusterParts): WorldStep {
  return {
    id: 'prepare-target',
    title: 'prepare the target',
    formerly: ['prepare the target'],
    async do(context) {
      const { config } = context;
      const instance = findInstance(config, plan.instance.uuid);
      const machine = plan.transfer?.machine;
      const params = {
        instance: instanceSpec(config, instance, { node: plan.target, ...(machine && { hvparams: { machine_version: machine } }) }),
        source_address: plan.source_address,
      };
      const accepted = await context.nodes.call(plan.target, 'migration-accept', params, progressOf(context));
      return { address: accepted.address, port: accepted.port };
    },
    /** The target is ended first: only then is it certain that just one copy runs when the source continues. */
    async undo(context) {
      const { signal } = context;
      try {
        // It has written to its disks since it arrived, so the source's memory no longer matches them.
        if (await hasArrived(context, plan)) throw arrivedAfterAll(plan);
        await context.nodes.call(plan.target, 'migration-finish', { ...plan.instance, role: 'target', success: false }, { signal });
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        const onSource = await context.nodes.call(plan.source, 'instance-list', {}, { signal });
        if (!onSource.some((runtime) => runtime.uuid === plan.instance.uuid && runtime.state === 'running')) throw error;
        await garbage.add({ type: 'instance', node: plan.target, ...plan.instance });
        context.log('Target node cannot be reached; what waits there is ended when it answers again.');
      }
      await continueOnSource(context, plan);
    },
  };
}

/** Where it has ended on the source, too, nothing is left to continue: it is down, and the watcher starts it again. */
async function continueOnSource({ nodes, signal, log }: StepContext, { instance, source }: MigratePlan): Promise<void> {
  try {
    await nodes.call(source, 'migration-finish', { ...instance, role: 'source', success: false }, { signal });
  } catch (error) {
    if (isUnreachable(error)) throw error;
    const found = (await nodes.call(source, 'instance-list', {}, { signal })).find(({ uuid }) => uuid === instance.uuid);
    if (found && found.state !== 'crashed' && found.state !== 'shutdown') throw error;
    log('The instance has ended on its source as well: it is down.');
  }
}

/**
 * After this step the state is on the target, so from now on nothing is undone. The target starts running as soon as it has
 * everything. If it is unknown how the sending ended, the target is asked.
 */
function sendStep(plan: MigratePlan, { live, bandwidth, downtime }: NonNullable<MigratePlan['transfer']>): WorldStep {
  return {
    id: 'send-memory',
    longRunning: true,
    title: 'send its memory',
    formerly: ['send its memory'],
    pivot: true,
    async do(context) {
      const { address, port } = context.outcomes['prepare-target'] as { address: string; port: number };
      const params = { ...plan.instance, address, port, live, bandwidth, downtime };
      let transfer: RpcResult<'migration-send'>;
      try {
        transfer = await context.nodes.call(plan.source, 'migration-send', params, progressOf(context));
      } catch (error) {
        const arrived = await hasArrived(context, plan).catch(() => false); // The undo asks again before it ends anything.
        if (!arrived) throw error;
        context.log(`The source does not say how the sending ended (${GantryError.from(error).message}); the instance has arrived.`);
        return { downtime_ms: 0, total_ms: 0, ram_mib: 0 };
      }
      context.log(`Downtime ${Math.round(transfer.downtime_ms)} ms, ${Math.round(transfer.total_ms)} ms in all.`);
      return transfer;
    },
  };
}

const arrivedAfterAll = ({ instance, target_name: target }: MigratePlan) =>
  new GantryError('HYPERVISOR_MIGRATION_FAILED', {
    name: instance.name,
    problem: `it runs on ${target} already; "gantry instance migrate --cleanup ${instance.name}" records that`,
  });

/** Whether the target runs it, and the source is not known to. @throws what the target's agent answers, or that it does not */
async function hasArrived(context: StepContext, { instance, source, target }: MigratePlan): Promise<boolean> {
  const stateOn = async (node: string) => {
    const found = await context.nodes.call(node, 'instance-list', {}, { signal: context.signal });
    return found.find(({ uuid }) => uuid === instance.uuid)?.state;
  };
  const onTarget = await stateOn(target);
  if (onTarget !== 'running' && onTarget !== 'paused') return false;
  const onSource = await stateOn(source).catch((error: unknown) => {
    if (!isUnreachable(error)) throw error;
  });
  return onSource !== 'running';
}

function finishStep(
  plan: MigratePlan,
  role: 'source' | 'target',
  node: string,
  title: string,
  garbage?: ClusterParts['garbage'],
): WorldStep {
  return {
    id: `finish-${role}`,
    title,
    formerly: [role === 'target' ? 'take over on the target' : 'end it on the source'],
    pivot: true,
    async do(context) {
      try {
        await context.nodes.call(node, 'migration-finish', { ...plan.instance, role, success: true }, { signal: context.signal });
      } catch (error) {
        if (!garbage || !isUnreachable(error)) throw error;
        await garbage.add({ type: 'instance', node, ...plan.instance });
        context.log('Source node cannot be reached; the rest of the instance is ended there when it answers again.');
      }
    },
  };
}
