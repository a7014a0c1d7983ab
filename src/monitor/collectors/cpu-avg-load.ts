import type { Json } from '../../base/index.ts';
import type { Collector } from '../collector/collector.ts';
import { type CounterHistory, dropCounters, takeCounters } from '../collector/counter-history.ts';
import { type ByWindow, overWindows } from '../collector/ring-buffer.ts';

/** Cores in use, each between 0 and 1, averaged over the last minute, as Ganeti reports it; other windows stand in `windows`. */
interface CpuLoad {
  readonly [key: string]: Json;
  readonly cpu_number: number;
  readonly cpus: readonly number[];
  /** The kernel's numbers of those in `cpus`: one that is offline is left out. */
  readonly cores: readonly number[];
  readonly cpu_total: number;
  readonly windows: ByWindow<number>;
}

const interval = 5;

/** Clock ticks a second that the kernel shows to programs; the same on every architecture that Gantry runs on. */
const ticksPerSecond = 100;

/** What a core does that is no idling: user, nice, system, iowait, irq, softirq, steal. */
const busyModes = 7;

interface BusyTicks {
  /** Of every `cpu` line of /proc/stat, the sum of all cores first: ticks by mode. */
  readonly busy: number[][];
  /** Numbers of the cores, in the order of the file. */
  readonly cores: readonly number[];
}

/** Idle is no load; guest time is part of user already. @throws TypeError for another file, or one cut short: no load is told by zeros */
function parseBusyTicks(text: string): BusyTicks {
  const busy: number[][] = [];
  const cores: number[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('cpu')) break;
    if (busy.length > 0) cores.push(Number.parseInt(line.slice(3), 10));
    const [, user = 0, nice = 0, system = 0, , iowait = 0, irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).map(Number);
    busy.push([user, nice, system, iowait, irq, softirq, steal]);
  }
  if (busy.length === 0 || busy.flat().some(Number.isNaN))
    throw new TypeError(`not statistics of CPU cores: ${JSON.stringify(text.slice(0, 100))}`);
  return { busy, cores };
}

export const cpuAvgLoad: Collector<CpuLoad> = {
  name: 'cpu-avg-load',
  category: null,
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'Cores in use, in total and each, averaged over the last minute and over other windows.',
  interval,
  timeout: 2,
  metrics: [
    { name: 'gantry_node_cpu_load_cores', type: 'gauge', help: 'Cores in use, averaged over the window.', labels: ['window'] },
    { name: 'gantry_node_cpu_load_ratio', type: 'gauge', unit: 'ratio', help: 'Use of one core over a minute.', labels: ['cpu'] },
  ],
  measure: (data, emit) => {
    for (const [window, load] of Object.entries(data.windows)) emit('gantry_node_cpu_load_cores', load, window);
    data.cpus.forEach((load, place) => {
      emit('gantry_node_cpu_load_ratio', load, String(data.cores[place]));
    });
  },
  start: ({ files, now, histories }) => {
    let columns: string | undefined;
    let history: CounterHistory | undefined;
    const rows = 900 / interval + 1;
    // The kernel sums cores that are offline too, so that the sum goes on when one comes or goes.
    const total = takeCounters(histories, 'total', 1, rows, busyModes);
    let coresBefore = 0;
    return () => {
      const { busy, cores } = parseBusyTicks(files.read('/proc/stat'));
      const online = cores.join(',');
      if (online !== columns || !history) {
        if (columns !== undefined) dropCounters(histories, columns);
        columns = online;
        history = takeCounters(histories, columns, cores.length, rows, busyModes);
      }
      const own = history;
      const time = now();
      // A core does one thing at a time. One that went has worked until then.
      own.push(time, busy.slice(1).flat(), ticksPerSecond);
      total.push(time, busy[0] ?? [], Math.max(1, cores.length, coresBefore) * ticksPerSecond);
      coresBefore = cores.length;
      // Nothing to compare with yet after the first reading.
      const load = (of: CounterHistory, column: number, seconds: number) => of.rate(column, seconds) / ticksPerSecond || 0;
      return {
        cpu_number: cores.length,
        cpus: cores.map((_, place) => load(own, place, 60)),
        cores,
        cpu_total: load(total, 0, 60),
        windows: overWindows((seconds) => load(total, 0, seconds)),
      };
    };
  },
};
