import { rest } from '../collector/counter-history.ts';
import { type MonitoredInstance, requireInstances } from '../collector/instance-source.ts';
import { createInstStatus, createReasonTimes } from './create-inst-status.ts';
import { guestStates } from './guest-states.ts';
import type { FoundInstance, Verdict } from './instance-status.ts';
import { createOomKills } from './oom-kills.ts';

const user = 'gantry:user';
const operator = 'gantry:operator';
const node = 'gantry:node';

/** What QEMU says of a guest that runs, in Ganeti's words. */
function judgeRunning(guestState: string | undefined): Verdict {
  switch (guestState) {
    case undefined:
    case 'running':
      return { source: operator, actualState: 'running', reason: 'started', code: 0 };
    case 'paused':
    case 'prelaunch':
    case 'suspended':
    case 'save-vm':
    case 'restore-vm':
    case 'finish-migrate':
    case 'postmigrate':
    case 'inmigrate':
      return { source: node, actualState: 'paused', reason: `paused: ${guestState}`, code: 0 };
    case 'shutdown':
      return { source: user, actualState: 'shutdown', reason: 'stopped by its user', code: 0 };
    case 'io-error':
      return { source: node, actualState: 'blocked', reason: 'stopped by a disk error', code: 4 };
    case 'silent':
      return { source: node, actualState: 'hung', reason: 'QEMU runs but does not answer', code: 2 };
    case 'guest-panicked':
    case 'internal-error':
    case 'watchdog':
      return { source: node, actualState: 'crashed', reason: `crashed: ${guestState}`, code: 4 };
    default:
      return { source: node, actualState: 'unknown', reason: `in an unknown state: ${guestState}`, code: 2 };
  }
}

/**
 * Tells who stopped an instance: its user from inside, an operator, or nobody, which is a crash. `undefined` for one that is
 * still migrating in.
 * @param killed - whether the kernel killed its last process because memory ran out
 */
export function judgeInstance({ pid, phase }: MonitoredInstance, guestState: string | undefined, killed: boolean): Verdict | undefined {
  if (phase === 'stopped') return { actualState: 'shutdown', source: operator, reason: 'stopped by the operator', code: 0 };
  if (phase === 'off') return { actualState: 'shutdown', source: user, reason: 'stopped by its user', code: 0 };
  if (pid !== undefined) return judgeRunning(guestState);
  if (phase === 'starting' || phase === 'incoming') return undefined;
  const reason = killed ? 'crashed: the host ran out of memory' : 'crashed: its process has ended';
  return { actualState: 'crashed', source: node, reason, code: 4 };
}

export const instStatusKvm = createInstStatus({
  name: 'inst-status-kvm',
  help: 'State of every KVM instance of this node and who caused it: its user, an operator, or a crash.',
  interval: 5,
  timeout: 3,
  longestInterval: 15,
  families: { status: 'gantry_instance_status', count: 'gantry_instances' },
  plural: 'Instances',
  countsNone: true,
  find: ({ files, instances, wallTime, kept, notes }) => {
    const states = kept(guestStates);
    const times = createReasonTimes(notes, 'inst-status-kvm');
    const oomKills = kept(createOomKills);

    const describe = (instance: MonitoredInstance, hostUptime: number, killed: ReadonlySet<number>): FoundInstance[] => {
      const { name, uuid = '', started, stoppedAt, lastPid } = instance;
      const verdict = judgeInstance(instance, states.get(name), lastPid !== undefined && killed.has(lastPid));
      if (!verdict) return [];
      const now = wallTime() / 1000;
      const uptime = started !== undefined && verdict.actualState !== 'shutdown' ? rest(hostUptime, started) : null;
      const began = stoppedAt ?? (verdict.reason === 'started' && uptime !== null ? now - uptime : now);
      return [{ name, uuid, verdict, uptime, since: times.since(name, verdict.reason, began) }];
    };

    return () => {
      const mine = requireInstances(instances).filter(({ hypervisor }) => hypervisor === 'kvm');
      const hostUptime = Number.parseFloat(files.read('/proc/uptime'));
      const killed = new Set(mine.some(({ lastPid }) => lastPid !== undefined) ? oomKills(files).map(({ pid }) => pid) : []);
      const found = mine.flatMap((instance) => describe(instance, hostUptime, killed));
      times.keepOnly(new Set(mine.map(({ name }) => name)));
      return found;
    };
  },
});
