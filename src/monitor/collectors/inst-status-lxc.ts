import type { Collector } from '../collector/collector.ts';
import type { MonitoredInstance } from '../collector/instance-source.ts';
import type { ProcFiles } from '../collector/proc-files.ts';
import { type ActualState, actualStates, formatUptime, type InstanceStatus, type InstStatusReport, sumUp } from './instance-status.ts';
import { parseProcessStat } from './parse-process-stat.ts';
import type { Status } from './status.ts';

/** A container that runs. */
interface RunningContainer {
  readonly name: string;
  /** Its init. */
  readonly pid: number;
  readonly frozen: boolean;
  /** Processes killed in it for want of memory. */
  readonly oomKills: number;
}

interface Verdict {
  readonly actual: ActualState;
  readonly source: string;
  readonly reason: string;
  readonly code: Status['code'];
}

/** Folders in which a host keeps the groups of containers: of version 2, of both together, of version 1. */
const groupRoots = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/memory'];

const containersFolder = '/var/lib/lxc';

const firstNumber = (text: string | undefined): number | undefined => {
  const digits = /^(\d+)/.exec(text ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** LXC's monitor of a container has one child, its init; versions before 4 keep all in one group, init first. */
function findInit(files: ProcFiles, root: string, payload: string): number | undefined {
  const monitor = firstNumber(files.readIfThere(`${root}/${payload.replace('lxc.payload.', 'lxc.monitor.')}/cgroup.procs`));
  const child = monitor === undefined ? undefined : firstNumber(files.readOnce(`/proc/${monitor}/task/${monitor}/children`));
  return child ?? firstNumber(files.readIfThere(`${root}/${payload}/cgroup.procs`));
}

/** Containers by their control groups: `lxc.payload.NAME` since LXC 4, `lxc/NAME` before. No process is asked. */
export function findContainers(files: ProcFiles): RunningContainer[] {
  const found = new Map<string, RunningContainer>();
  for (const root of groupRoots) {
    const payloads = files.list(root).filter((name) => name.startsWith('lxc.payload.'));
    const older = files.list(`${root}/lxc`).filter((name) => !/[.]/.test(name) || files.list(`${root}/lxc/${name}`).length > 0);
    for (const payload of [...payloads, ...older.map((name) => `lxc/${name}`)]) {
      const name = payload.replace(/^lxc(?:\.payload\.|\/)/, '');
      const pid = findInit(files, root, payload);
      if (pid === undefined || found.has(name)) continue;
      const frozen =
        /^frozen 1$/m.test(files.readIfThere(`${root}/${payload}/cgroup.events`) ?? '') ||
        files.readIfThere(`/sys/fs/cgroup/freezer/${payload}/freezer.state`)?.trim() === 'FROZEN';
      const kills = /^oom_kill (\d+)$/m.exec(files.readIfThere(`${root}/${payload}/memory.events`) ?? '')?.[1];
      found.set(name, { name, pid, frozen, oomKills: Number(kills ?? 0) });
    }
  }
  return [...found.values()];
}

/** What is remembered of a container that was seen running. */
interface Seen {
  readonly reason: string;
  readonly since: number;
  readonly last?: RunningContainer;
  /** Whether a process of it was killed for want of memory just before it ended. */
  readonly killed: boolean;
}

/** LXC does not tell why a container ended: an operator's stop is noted by the node agent; else its init ended, from inside or for want of memory. */
export function judgeStopped(seen: Seen | undefined, note: MonitoredInstance | undefined): Verdict {
  if (note) return { actual: 'shutdown', source: 'gantry:operator', reason: 'stopped by the operator', code: 0 };
  if (!seen) return { actual: 'shutdown', source: 'gantry:operator', reason: 'not started', code: 0 };
  if (seen.killed) return { actual: 'crashed', source: 'gantry:node', reason: 'crashed: its memory was used up', code: 4 };
  return { actual: 'shutdown', source: 'gantry:user', reason: 'stopped by its user', code: 0 };
}

export const instStatusLxc: Collector<InstStatusReport> = {
  name: 'inst-status-lxc',
  category: 'instance',
  kind: 'status',
  version: 'B',
  formatVersion: 1,
  help: 'State of every LXC container, from its control groups, and who brought it about; a node without LXC has none.',
  interval: 10,
  timeout: 3,
  longestInterval: 30,
  largestReport: 8 * 1024 * 1024,
  metrics: [
    { name: 'gantry_lxc_status', type: 'gauge', help: 'Ganeti’s code: 0 good, 1 being repaired, 2 unknown, 4 bad.', labels: ['instance'] },
    { name: 'gantry_lxc_containers', type: 'gauge', help: 'Containers by what they do.', labels: ['state'] },
  ],
  measure: ({ instances }, emit) => {
    for (const { name, status } of instances) emit('gantry_lxc_status', status.code, name);
    if (instances.length === 0) return;
    for (const state of actualStates)
      emit('gantry_lxc_containers', instances.filter(({ actualState }) => actualState === state).length, state);
  },
  start: ({ files, instances, wallTime }) => {
    const seen = new Map<string, Seen>();

    const describe = (name: string, verdict: Verdict, running: RunningContainer | undefined, uptime: number | null): InstanceStatus => {
      const { actual, source, reason, code } = verdict;
      const now = wallTime() / 1000;
      const before = seen.get(name);
      const since = before?.reason === reason ? before.since : reason === 'started' && uptime !== null ? now - uptime : now;
      const last = running ?? before?.last;
      const grew = running !== undefined && before?.last?.pid === running.pid && running.oomKills > before.last.oomKills;
      // Only what ran, or was seen to end, has a past to judge by.
      if (running || before) seen.set(name, { reason, since, ...(last && { last }), killed: running ? grew : (before?.killed ?? false) });
      return {
        name,
        uuid: '',
        adminState: source === 'gantry:operator' && actual === 'shutdown' ? 'down' : 'up',
        actualState: actual,
        uptime: uptime === null ? null : formatUptime(uptime),
        mtime: since,
        state_reason: [[source, reason, Math.round(since * 1000) * 1e6]],
        status: { code, message: actual === 'running' ? '' : reason },
      };
    };

    return () => {
      const running = findContainers(files);
      instances.learn?.(
        'lxc',
        running.map(({ name, pid }) => ({ name, hypervisor: 'lxc', pid, interfaces: [] })),
      );
      const hostUptime = running.length > 0 ? Number.parseFloat(files.read('/proc/uptime')) : 0;
      const up = running.map((container) => {
        const stat = parseProcessStat(files.readIfThere(`/proc/${container.pid}/stat`));
        const verdict: Verdict = container.frozen
          ? { actual: 'paused', source: 'gantry:operator', reason: 'paused', code: 0 }
          : { actual: 'running', source: 'gantry:operator', reason: 'started', code: 0 };
        return describe(container.name, verdict, container, stat ? hostUptime - stat.started : null);
      });
      const names = new Set(running.map(({ name }) => name));
      const defined = files
        .list(containersFolder)
        .filter((name) => !names.has(name) && files.list(`${containersFolder}/${name}`).includes('config'));
      const notes = new Map(
        instances.list().flatMap((one) => (one.hypervisor === 'lxc' && one.phase === 'stopped' ? [[one.name, one]] : [])),
      );
      const down = defined.map((name) => describe(name, judgeStopped(seen.get(name), notes.get(name)), undefined, null));
      for (const name of seen.keys()) if (!names.has(name) && !defined.includes(name)) seen.delete(name);
      return sumUp([...up, ...down]);
    };
  },
};
