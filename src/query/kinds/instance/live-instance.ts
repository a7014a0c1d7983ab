import type { Instance } from '../../../model/index.ts';
import type { InstanceRuntime } from '../../../rpc/index.ts';
import { offline } from '../../fields/cell.ts';
import type { View } from '../../view.ts';

/** Ganeti's status of an instance. */
export const instanceStatuses = [
  'running',
  'ADMIN_down',
  'ADMIN_offline',
  'ERROR_down',
  'ERROR_up',
  'ERROR_wrongnode',
  'ERROR_nodedown',
  'ERROR_nodeoffline',
] as const;
export type InstanceStatus = (typeof instanceStatuses)[number];

export interface LiveInstance {
  readonly status: InstanceStatus;
  /** What the hypervisor says about it while it runs. */
  readonly runtime: InstanceRuntime | undefined;
  /** Whether it has a process, even if its guest stands still; undefined: nobody knows, its node does not answer. */
  readonly running: boolean | undefined;
  /** What a getter returns for a value that only a running instance has. */
  readonly missing: null | undefined | typeof offline;
}

/** Compares what an instance should do with what its node reported. */
export function liveInstance(instance: Instance, { config, live }: View): LiveInstance {
  const node = config.nodes.get(instance.primary_node);
  if (node?.offline) return { status: 'ERROR_nodeoffline', runtime: undefined, running: undefined, missing: offline };
  const seen = live.instance(instance.uuid);
  const state = seen?.runtime.state;
  const elsewhere = seen !== undefined && seen.node !== instance.primary_node;
  const running = state === 'running' || state === 'paused' || (state === 'migrating-in' && !elsewhere);
  const report = live.node(instance.primary_node);
  if (!running || !elsewhere) {
    if (!report || report.stale) return { status: 'ERROR_nodedown', runtime: undefined, running: undefined, missing: undefined };
  }
  if (!running) return { status: stoppedStatus(instance), runtime: undefined, running: false, missing: null };
  const asWished = seen?.runtime.problem === undefined ? 'running' : 'ERROR_down';
  const status = elsewhere ? 'ERROR_wrongnode' : instance.admin_state === 'up' ? asWished : 'ERROR_up';
  return { status, runtime: seen?.runtime, running: true, missing: null };
}

function stoppedStatus(instance: Instance): InstanceStatus {
  if (instance.admin_state === 'up') return 'ERROR_down';
  return instance.admin_state === 'offline' ? 'ADMIN_offline' : 'ADMIN_down';
}
