import type { Collector } from '../collector/collector.ts';
import { type MonitoredInstance, requireInstances } from '../collector/instance-source.ts';
import { guestStates } from './guest-states.ts';
import { type ActualState, actualStates, formatUptime, type InstanceStatus, type InstStatusReport, sumUp } from './instance-status.ts';
import { parseProcessStat } from './parse-process-stat.ts';
import type { Status } from './status.ts';

interface Verdict {
  readonly adminState: 'up' | 'down';
  readonly actualState: ActualState;
  readonly source: string;
  readonly reason: string;
  readonly code: Status['code'];
}

const user = 'gantry:user';
const operator = 'gantry:operator';
const node = 'gantry:node';

/** What QEMU says of a guest that runs, in Ganeti's words. */
function judgeRunning(guestState: string | undefined): Verdict {
  const up = { adminState: 'up', source: node } as const;
  switch (guestState) {
    case undefined:
    case 'running':
      return { ...up, source: operator, actualState: 'running', reason: 'started', code: 0 };
    case 'paused':
    case 'prelaunch':
    case 'suspended':
    case 'save-vm':
    case 'restore-vm':
    case 'finish-migrate':
    case 'postmigrate':
    case 'inmigrate':
      return { ...up, actualState: 'paused', reason: `paused: ${guestState}`, code: 0 };
    case 'shutdown':
      return { ...up, source: user, actualState: 'shutdown', reason: 'stopped by its user', code: 0 };
    case 'io-error':
      return { ...up, actualState: 'blocked', reason: 'stopped by an error of a disk', code: 4 };
    case 'silent':
      return { ...up, actualState: 'hung', reason: 'QEMU runs and does not answer', code: 2 };
    case 'guest-panicked':
    case 'internal-error':
    case 'watchdog':
      return { ...up, actualState: 'crashed', reason: `crashed: ${guestState}`, code: 4 };
    default:
      return { ...up, actualState: 'unknown', reason: `in a state that is not known: ${guestState}`, code: 2 };
  }
}

/** Tells who stopped an instance: its user from inside, an operator, or nobody, which is a crash. `undefined` for one that is only on its way. */
export function judgeInstance({ pid, phase }: MonitoredInstance, guestState: string | undefined): Verdict | undefined {
  if (phase === 'stopped')
    return { adminState: 'down', actualState: 'shutdown', source: operator, reason: 'stopped by the operator', code: 0 };
  if (phase === 'off') return { adminState: 'up', actualState: 'shutdown', source: user, reason: 'stopped by its user', code: 0 };
  if (pid !== undefined) return judgeRunning(guestState);
  if (phase === 'starting' || phase === 'incoming') return undefined;
  return { adminState: 'up', actualState: 'crashed', source: node, reason: 'crashed: its process has ended', code: 4 };
}

export const instStatusKvm: Collector<InstStatusReport> = {
  name: 'inst-status-kvm',
  category: 'instance',
  kind: 'status',
  version: 'B',
  formatVersion: 1,
  help: 'State of every KVM instance of this node and who brought it about: its user, an operator, or a crash.',
  interval: 5,
  timeout: 3,
  longestInterval: 15,
  largestReport: 8 * 1024 * 1024,
  metrics: [
    {
      name: 'gantry_instance_status',
      type: 'gauge',
      help: 'Ganeti’s code: 0 good, 1 being repaired, 2 unknown, 4 bad.',
      labels: ['instance'],
    },
    { name: 'gantry_instances', type: 'gauge', help: 'Instances by what they do.', labels: ['state'] },
  ],
  measure: ({ instances }, emit) => {
    for (const { name, status } of instances) emit('gantry_instance_status', status.code, name);
    for (const state of actualStates) emit('gantry_instances', instances.filter(({ actualState }) => actualState === state).length, state);
  },
  start: ({ files, instances, wallTime }) => {
    const seen = new Map<string, { readonly reason: string; readonly since: number }>();

    const describe = (instance: MonitoredInstance, hostUptime: number): InstanceStatus[] => {
      const { name, uuid = '', pid, stoppedAt } = instance;
      const verdict = judgeInstance(instance, guestStates(instances).get(name));
      if (!verdict) return [];
      const now = wallTime() / 1000;
      const stat = pid === undefined ? undefined : parseProcessStat(files.readIfThere(`/proc/${pid}/stat`));
      const uptime = stat && verdict.actualState !== 'shutdown' ? hostUptime - stat.started : null;
      const before = seen.get(name);
      const began = stoppedAt ?? (verdict.reason === 'started' && uptime !== null ? now - uptime : now);
      const since = before?.reason === verdict.reason ? before.since : began;
      seen.set(name, { reason: verdict.reason, since });
      const { adminState, actualState, source, reason, code } = verdict;
      return [
        {
          name,
          uuid,
          adminState,
          actualState,
          uptime: uptime === null ? null : formatUptime(uptime),
          mtime: since,
          state_reason: [[source, reason, Math.round(since * 1000) * 1e6]],
          status: { code, message: code === 0 && actualState === 'running' ? '' : reason },
        },
      ];
    };

    return () => {
      const mine = requireInstances(instances).filter(({ hypervisor }) => hypervisor === 'kvm');
      const hostUptime = Number.parseFloat(files.read('/proc/uptime'));
      const report = mine.flatMap((instance) => describe(instance, hostUptime));
      const names = new Set(mine.map(({ name }) => name));
      for (const name of seen.keys()) if (!names.has(name)) seen.delete(name);
      return sumUp(report);
    };
  },
};
