import { type ProcessStat, parseProcessStat } from '../../host/light.ts';
import type { JobStatus } from '../../model/index.ts';
import type { Collector } from '../collector/collector.ts';
import type { CollectorContext } from '../collector/collector-context.ts';
import { type CounterHistory, dropCounters, mostCores, rest, takeCounters } from '../collector/counter-history.ts';
import type { Status } from './status.ts';

/** A process of Gantry; `memory`, `size_unit`, `uptime` and `cpu_usage` are what Ganeti's design wants of a daemon. */
interface DaemonFacts {
  readonly name: string;
  readonly pid: number;
  readonly memory: number;
  readonly size_unit: 'B';
  /** Seconds. */
  readonly uptime: number;
  /** Percent of one core over the last minute. */
  readonly cpu_usage: number;
  readonly cpu_seconds: number;
  readonly threads: number;
  /** Of the master that leads: jobs that are not archived, by their state. */
  readonly jobs?: JobCounts;
}

type JobCounts = { readonly [state in JobStatus]?: number };

interface DaemonsReport {
  readonly status: Status;
  readonly daemons: readonly DaemonFacts[];
}

const names = ['master', 'agent', 'monitor'];

/** Which of Gantry's daemons a command line is of: `node …/main.ts agent --name n1` or a title, `gantry monitor`; but not `… monitor plugin`. */
export function daemonOf(commandLine: string): string | undefined {
  const words = commandLine.split('\0');
  const [first = ''] = words;
  const [, title = ''] = /^gantry (\w+)$/.exec(first) ?? [];
  if (names.includes(title)) return title;
  if (!/(?:^|\/)(?:node|gantry)$/.test(first)) return undefined;
  const place = words.findIndex((word) => /(?:^|\/)(?:main\.ts|gantry)$/.test(word));
  const [name = '', next = ''] = place < 0 ? [] : words.slice(place + 1, place + 3);
  return names.includes(name) && (next === '' || next.startsWith('--')) ? name : undefined;
}

/** Where a master keeps its state unless told otherwise. */
const usualState = '/var/lib/gantry/master';

/** Where a master keeps its state: what stands in its command line, seen from its own folder, or the usual place. */
function stateOfMaster(commandLine: string, pid: string): string {
  const [, given = usualState] = /\0--state-dir[=\0]([^\0]+)/.exec(commandLine) ?? [];
  return given.startsWith('/') ? given : `/proc/${pid}/cwd/${given}`;
}

/**
 * The user of a process, from its /proc/PID/status. Undefined for a process that was started by another user, because that user
 * chose its command line, and for a process in a container, where anybody may be root.
 */
export function userOf(status: string | undefined): number | undefined {
  const [, real, ...others] = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/m.exec(status ?? '') ?? [];
  const isNested = /^NSpid:\t\d+\t/m.test(status ?? '');
  return real === undefined || isNested || others.some((other) => other !== real) ? undefined : Number(real);
}

/** By Ganeti's states of jobs: no other names become labels. */
const jobStates: { readonly [state in JobStatus]: true } = {
  queued: true,
  waiting: true,
  canceling: true,
  running: true,
  canceled: true,
  success: true,
  error: true,
};

/** Bytes; a file with all states has 150. */
const largestQueue = 4096;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** What a master writes down about its queue while it leads; nothing where that cannot be read or understood. */
function readJobs(files: CollectorContext['files'], { queue, user }: KnownDaemon, pid: string): JobCounts | undefined {
  if (queue === undefined) return undefined;
  try {
    const text = files.readOwned(queue, user, largestQueue) ?? 'null';
    const told = JSON.parse(text) as { version?: number; pid?: number; jobs?: Readonly<Record<string, unknown>> | null } | null;
    // Another one wrote it before it was killed.
    if (told?.version !== 1 || String(told.pid) !== pid || !told.jobs) return undefined;
    return Object.fromEntries(Object.entries(told.jobs).filter(([state, count]) => Object.hasOwn(jobStates, state) && isCount(count)));
  } catch {
    // The rest of what there is to say of the daemons does not depend on it.
    return undefined;
  }
}

const interval = 15;

/** Every so many collections all processes are looked at anew, as numbers are used again. */
const lookAgain = 20;

interface KnownDaemon {
  readonly name: string;
  readonly user: number;
  /** File of a master. */
  readonly queue?: string;
  /** Which process had the number when it was first seen, and its CPU time since. */
  measured?: { readonly started: number; readonly history: CounterHistory };
}

/**
 * Knows the daemons of this node by their pids. Each other process is looked at once. Anybody can give a process the command line
 * of a daemon. So only processes of root, of the owner of the usual state folder, and of the user of this agent count.
 */
function createFinder(files: CollectorContext['files']) {
  let looked = new Set<string>();
  const found = new Map<string, KnownDaemon>();
  let runs = 0;

  const isTrusted = (user: number): boolean => user === 0 || user === process.getuid?.() || user === files.look(usualState)?.uid;

  const identify = (pid: string): KnownDaemon | undefined => {
    const line = files.readOnce(`/proc/${pid}/cmdline`) ?? '';
    const name = daemonOf(line);
    const user = name === undefined ? undefined : userOf(files.readOnce(`/proc/${pid}/status`));
    if (name === undefined || user === undefined || !isTrusted(user)) return undefined;
    return { name, user, ...(name === 'master' && { queue: `${stateOfMaster(line, pid)}/queue.json` }) };
  };

  return {
    find(): ReadonlyMap<string, KnownDaemon> {
      if (runs++ % lookAgain === 0) looked = new Set();
      const pids = files.list('/proc').filter((name) => /^\d+$/.test(name));
      for (const pid of pids) {
        if (looked.has(pid) || found.has(pid)) continue;
        const daemon = identify(pid);
        if (daemon) found.set(pid, daemon);
      }
      looked = new Set(pids);
      return found;
    },
    lose(pid: string) {
      found.delete(pid);
      looked.delete(pid);
      files.forget(`/proc/${pid}`);
    },
  };
}

export const daemons: Collector<DaemonsReport> = {
  name: 'daemons',
  category: 'daemon',
  kind: 'status',
  version: 'B',
  formatVersion: 1,
  help: "Memory, CPU and uptime of Gantry's own processes on this node, and the job queue of a master.",
  interval,
  timeout: 3,
  metrics: [
    { name: 'gantry_daemon_processes', type: 'gauge', help: 'Processes of a daemon.', labels: ['daemon'] },
    { name: 'gantry_daemon_resident_bytes', type: 'gauge', unit: 'bytes', help: 'Memory of a daemon.', labels: ['daemon'] },
    { name: 'gantry_daemon_cpu_ratio', type: 'gauge', unit: 'ratio', help: 'Share of one core over a minute.', labels: ['daemon'] },
    { name: 'gantry_daemon_uptime_seconds', type: 'gauge', unit: 'seconds', help: 'Age of the youngest process.', labels: ['daemon'] },
    { name: 'gantry_jobs', type: 'gauge', help: 'Jobs of the master that are not archived.', labels: ['status'] },
  ],
  measure: (data, emit) => {
    // A host may run several of a kind, as local test clusters do.
    for (const [daemon, processes = []] of Object.entries(Object.groupBy(data.daemons, ({ name }) => name))) {
      const sum = (key: 'memory' | 'cpu_usage') => processes.reduce((total, one) => total + one[key], 0);
      emit('gantry_daemon_processes', processes.length, daemon);
      emit('gantry_daemon_resident_bytes', sum('memory'), daemon);
      emit('gantry_daemon_cpu_ratio', sum('cpu_usage') / 100, daemon);
      emit('gantry_daemon_uptime_seconds', Math.min(...processes.map(({ uptime }) => uptime)), daemon);
    }
    const counts = new Map<string, number>();
    for (const { jobs = {} } of data.daemons) {
      for (const [status, count] of Object.entries(jobs)) counts.set(status, (counts.get(status) ?? 0) + count);
    }
    for (const [status, count] of counts) emit('gantry_jobs', count, status);
  },
  start: ({ files, now, histories }) => {
    const finder = createFinder(files);
    const cores = mostCores(files);

    const describe = (pid: string, daemon: KnownDaemon, stat: ProcessStat, hostUptime: number): DaemonFacts => {
      const { started, cpuSeconds, resident, threads } = stat;
      daemon.measured ??= { started, history: takeCounters(histories, `${pid} ${started}`, 1, 60 / interval + 1) };
      const { history } = daemon.measured;
      history.push(now(), [cpuSeconds], cores);
      const jobs = readJobs(files, daemon, pid);
      return {
        name: daemon.name,
        pid: Number(pid),
        memory: resident,
        size_unit: 'B',
        uptime: rest(hostUptime, started),
        cpu_usage: history.rate(0, 60) * 100 || 0,
        cpu_seconds: cpuSeconds,
        threads,
        ...(jobs && { jobs }),
      };
    };

    return () => {
      const hostUptime = Number.parseFloat(files.read('/proc/uptime'));
      const report: DaemonFacts[] = [];
      for (const [pid, daemon] of finder.find()) {
        const { measured } = daemon;
        const stat = parseProcessStat(files.readIfThere(`/proc/${pid}/stat`));
        if (stat && stat.state !== 'Z' && (!measured || measured.started === stat.started)) {
          report.push(describe(pid, daemon, stat, hostUptime));
          continue;
        }
        finder.lose(pid);
        if (measured) dropCounters(histories, `${pid} ${measured.started}`);
      }
      return { status: { code: 0, message: '' }, daemons: report };
    };
  },
};
