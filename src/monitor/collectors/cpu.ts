import { type Pressure, parsePressure } from '../../host/light.ts';
import type { Collector } from '../collector/collector.ts';
import { mostCores, takeCounters } from '../collector/counter-history.ts';
import { type ByWindow, overWindows } from '../collector/ring-buffer.ts';

/** What a core may be doing, in the kernel's order; kernels before 2.6.11, 2.6.24 and 2.6.33 have fewer. Guest time is part of user and nice. */
const modes = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal', 'guest', 'guestNice'] as const;

type Mode = (typeof modes)[number];

/** Seconds since the host came up. */
export type CpuTimes = { readonly [mode in Mode]?: number };

export interface CpuStat {
  readonly total: CpuTimes;
  /** Of the cores that are online. */
  readonly cores: readonly { readonly cpu: number; readonly times: CpuTimes }[];
  readonly contextSwitches?: number;
  readonly forks?: number;
  /** Seconds since 1970. */
  readonly bootTime?: number;
  readonly running?: number;
  /** Tasks that wait for a disk. */
  readonly blocked?: number;
}

interface Cpu extends CpuStat {
  /** Over 1, 5 and 15 minutes; `null` where it cannot be read. */
  readonly loadAverage: readonly number[] | null;
  /** Share of the time of all cores that the hypervisor above gave to others, over the last seconds. */
  readonly steal: ByWindow<number>;
  readonly pressure: Pressure | null;
}

const interval = 5;
const ticksPerSecond = 100;

/** Reads /proc/stat. A line that is cut short or garbled is left out. @throws TypeError when not even the line of all cores is there. */
export function parseCpuStat(text: string): CpuStat {
  let total: CpuTimes | undefined;
  const cores: { cpu: number; times: CpuTimes }[] = [];
  const numbers: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [, core] = /^cpu(\d*) /.exec(line) ?? [];
    if (core === undefined) {
      const [, name = '', value] = /^(ctxt|processes|btime|procs_running|procs_blocked) (\d+)$/.exec(line) ?? [];
      if (value !== undefined) numbers[name] = Number(value);
      continue;
    }
    const times = parseTimes(line);
    if (times && core === '') total = times;
    else if (times) cores.push({ cpu: Number(core), times });
  }
  if (!total) throw new TypeError(`not statistics of CPU cores: ${JSON.stringify(text.slice(0, 100))}`);
  const { ctxt, processes, btime, procs_running: running, procs_blocked: blocked } = numbers;
  return {
    total,
    cores,
    ...(ctxt !== undefined && { contextSwitches: ctxt }),
    ...(processes !== undefined && { forks: processes }),
    ...(btime !== undefined && { bootTime: btime }),
    ...(running !== undefined && { running }),
    ...(blocked !== undefined && { blocked }),
  };
}

function parseTimes(line: string): CpuTimes | undefined {
  const ticks = line
    .trim()
    .split(/\s+/)
    .slice(1, modes.length + 1)
    .map(Number);
  if (ticks.length < 4 || ticks.some(Number.isNaN)) return undefined;
  return Object.fromEntries(ticks.map((value, i) => [modes[i], value / ticksPerSecond]));
}

/** The three averages of /proc/loadavg. */
export function parseLoadAverage(text: string | undefined): number[] | null {
  const match = /^([\d.]+) ([\d.]+) ([\d.]+) /.exec(text ?? '');
  return match ? match.slice(1).map(Number) : null;
}

/** What together is all time of all cores, stolen time first. */
const wholeTime = ['steal', 'user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq'] as const;

export const cpu: Collector<Cpu> = {
  name: 'cpu',
  category: 'node',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'What every core spends its time on, with steal, load averages, tasks and pressure.',
  interval,
  timeout: 2,
  metrics: [
    { name: 'gantry_node_cpu_seconds', type: 'counter', unit: 'seconds', help: 'Time of a core, by what it did.', labels: ['cpu', 'mode'] },
    {
      name: 'gantry_node_cpu_steal_ratio',
      type: 'gauge',
      unit: 'ratio',
      help: 'Share of the time of all cores that the hypervisor of this host took away.',
      labels: ['window'],
    },
    { name: 'gantry_node_load_average', type: 'gauge', help: 'Tasks that run or wait, averaged by the kernel.', labels: ['window'] },
    {
      name: 'gantry_node_tasks',
      type: 'gauge',
      help: 'Tasks that run or are ready to run, and tasks that wait for a disk.',
      labels: ['state'],
    },
    { name: 'gantry_node_context_switches', type: 'counter', help: 'Switches from one task to another.' },
    { name: 'gantry_node_forks', type: 'counter', help: 'Tasks created.' },
    { name: 'gantry_node_boot_time_seconds', type: 'gauge', unit: 'seconds', help: 'When the node booted, in seconds since 1970.' },
    {
      name: 'gantry_node_cpu_pressure_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'Time in which tasks waited for a core.',
      labels: ['kind'],
    },
  ],
  measure: (data, emit) => {
    for (const { cpu: core, times } of data.cores) {
      for (const mode of modes) if (times[mode] !== undefined) emit('gantry_node_cpu_seconds', times[mode], String(core), mode);
    }
    for (const [window, share] of Object.entries(data.steal)) emit('gantry_node_cpu_steal_ratio', share, window);
    data.loadAverage?.forEach((load, i) => {
      emit('gantry_node_load_average', load, ['60', '300', '900'][i] ?? '');
    });
    if (data.running !== undefined) emit('gantry_node_tasks', data.running, 'running');
    if (data.blocked !== undefined) emit('gantry_node_tasks', data.blocked, 'blocked');
    if (data.contextSwitches !== undefined) emit('gantry_node_context_switches', data.contextSwitches);
    if (data.forks !== undefined) emit('gantry_node_forks', data.forks);
    if (data.bootTime !== undefined) emit('gantry_node_boot_time_seconds', data.bootTime);
    for (const kind of ['some', 'full'] as const) {
      const line = data.pressure?.[kind];
      if (line) emit('gantry_node_cpu_pressure_seconds', line.total, kind);
    }
  },
  start: ({ files, now, histories }) => {
    const history = takeCounters(histories, '', wholeTime.length, 900 / interval + 1);
    const cores = mostCores(files);
    return () => {
      const stat = parseCpuStat(files.read('/proc/stat'));
      const row = wholeTime.map((mode) => stat.total[mode] ?? 0);
      // Stolen time starts again at 0 if the node itself is a guest that was migrated.
      history.push(now(), row, cores);
      const share = (seconds: number) => {
        const rates = wholeTime.map((_, column) => history.rate(column, seconds));
        return (rates[0] as number) / rates.reduce((sum, rate) => sum + rate, 0) || 0;
      };
      return {
        ...stat,
        loadAverage: parseLoadAverage(files.readIfThere('/proc/loadavg')),
        steal: overWindows(share),
        pressure: parsePressure(files.readIfThere('/proc/pressure/cpu')),
      };
    };
  },
};
