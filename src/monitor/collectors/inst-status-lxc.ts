import type { ProcFiles } from '../../host/light.ts';
import { parseProcessStat } from '../../host/light.ts';
import { rest } from '../collector/counter-history.ts';
import type { MonitoredInstance } from '../collector/instance-source.ts';
import { createInstStatus, createReasonTimes, instanceNotes } from './create-inst-status.ts';
import type { FoundInstance, Verdict } from './instance-status.ts';
import { createOomKills } from './oom-kills.ts';

/** A container that runs. */
interface RunningContainer {
  readonly name: string;
  /** Its init. */
  readonly pid: number;
  readonly frozen: boolean;
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
      found.set(name, { name, pid, frozen });
    }
  }
  return [...found.values()];
}

/** What is noted of a container that was seen running. */
interface Past {
  /** Its init. */
  readonly pid: number;
  /** Of one that has ended: whether the kernel killed it, or one of its processes just before, because memory ran out. */
  readonly killed?: boolean;
}

/**
 * LXC does not report why a container ended. The node agent notes an operator's stop; otherwise its init ended, from inside or
 * because memory ran out.
 */
export function judgeStopped(past: Past | undefined, note: MonitoredInstance | undefined): Verdict {
  if (note) return { actualState: 'shutdown', source: 'gantry:operator', reason: 'stopped by the operator', code: 0 };
  if (!past) return { actualState: 'shutdown', source: 'gantry:operator', reason: 'not started', code: 0 };
  if (past.killed) return { actualState: 'crashed', source: 'gantry:node', reason: 'crashed: its memory was used up', code: 4 };
  return { actualState: 'shutdown', source: 'gantry:user', reason: 'stopped by its user', code: 0 };
}

const judgeRunning = ({ frozen }: RunningContainer): Verdict => ({
  source: 'gantry:operator',
  code: 0,
  ...(frozen ? { actualState: 'paused', reason: 'paused' } : { actualState: 'running', reason: 'started' }),
});

/** Whether a control group is that of the container or one below. */
const isInside = (group: string, name: string): boolean =>
  [`/lxc.payload.${name}`, `/lxc/${name}`].some((own) => group === own || group.startsWith(`${own}/`));

export const instStatusLxc = createInstStatus({
  name: 'inst-status-lxc',
  help: 'State of every LXC container, from its control groups, and who caused it. Empty on a node without LXC.',
  interval: 10,
  timeout: 3,
  longestInterval: 30,
  families: { status: 'gantry_lxc_status', count: 'gantry_lxc_containers' },
  plural: 'Containers',
  countsNone: false,
  find: ({ files, instances, wallTime, kept, notes }) => {
    const times = createReasonTimes(notes, 'inst-status-lxc');
    const pasts = instanceNotes<Past>(notes, 'inst-status-lxc-pasts', ({ pid }) => typeof pid === 'number');
    const oomKills = kept(createOomKills);
    /** Of the host, at the collection before. */
    let uptimeBefore = Number.POSITIVE_INFINITY;

    const describe = (name: string, verdict: Verdict, uptime: number | null): FoundInstance => {
      const now = wallTime() / 1000;
      const began = verdict.reason === 'started' && uptime !== null ? now - uptime : now;
      return { name, uuid: '', verdict, uptime, since: times.since(name, verdict.reason, began) };
    };

    const wasKilled = (name: string, pid: number): boolean =>
      oomKills(files).some((kill) => kill.pid === pid || (kill.at >= uptimeBefore && isInside(kill.group, name)));

    /** Notes those that run, and of those that have ended since the collection before how. @param hostUptime - seconds */
    const notice = (running: readonly RunningContainer[], stopped: ReadonlySet<string>, hostUptime: number) => {
      for (const { name, pid } of running) pasts.byName.set(name, { pid });
      const up = new Set(running.map(({ name }) => name));
      for (const [name, { pid, killed }] of pasts.byName) {
        if (stopped.has(name)) pasts.byName.set(name, { pid, killed: killed ?? wasKilled(name, pid) });
        else if (!up.has(name)) pasts.byName.delete(name);
      }
      pasts.keep();
      uptimeBefore = hostUptime;
    };

    return () => {
      const running = findContainers(files);
      instances.learn?.(
        'lxc',
        running.map(({ name, pid }) => ({ name, hypervisor: 'lxc', pid, interfaces: [] })),
      );
      const names = new Set(running.map(({ name }) => name));
      const isStopped = (name: string) => !names.has(name) && files.list(`${containersFolder}/${name}`).includes('config');
      const stopped = new Set(files.list(containersFolder).filter(isStopped));
      const stopNotes = new Map(
        instances.list().flatMap((one) => (one.hypervisor === 'lxc' && one.phase === 'stopped' ? [[one.name, one]] : [])),
      );
      const hostUptime = Number.parseFloat(files.readIfThere('/proc/uptime') ?? '');
      notice(running, stopped, hostUptime);
      const up = running.map((container) => {
        const stat = parseProcessStat(files.readIfThere(`/proc/${container.pid}/stat`));
        return describe(container.name, judgeRunning(container), stat ? rest(hostUptime, stat.started) : null);
      });
      const down = [...stopped].map((name) => describe(name, judgeStopped(pasts.byName.get(name), stopNotes.get(name)), null));
      times.keepOnly(new Set([...names, ...stopped]));
      return [...up, ...down];
    };
  },
});
