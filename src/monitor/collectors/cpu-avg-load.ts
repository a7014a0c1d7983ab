import type { Json } from '../../base/index.ts';
import type { Collector } from '../collector/collector.ts';
import { type ByWindow, createRingBuffer, overWindows, type RingBuffer } from '../collector/ring-buffer.ts';

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

interface BusyTicks {
  /** Of every `cpu` line of /proc/stat, the sum of all cores first. */
  readonly busy: number[];
  /** Numbers of the cores, in the order of the file. */
  readonly cores: readonly number[];
}

/** Idle is no load; guest time is part of user already. @throws TypeError for another file, or one cut short: no load is told by zeros */
function parseBusyTicks(text: string): BusyTicks {
  const busy: number[] = [];
  const cores: number[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('cpu')) break;
    if (busy.length > 0) cores.push(Number.parseInt(line.slice(3), 10));
    const [, user = 0, nice = 0, system = 0, , iowait = 0, irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).map(Number);
    busy.push(user + nice + system + iowait + irq + softirq + steal);
  }
  if (busy.length === 0 || busy.some(Number.isNaN))
    throw new TypeError(`not the statistics of the cores: ${JSON.stringify(text.slice(0, 100))}`);
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
    let history: RingBuffer = createRingBuffer(0, 1);
    const rows = 900 / interval + 1;
    // The kernel sums cores that are offline too, so that the sum goes on when one comes or goes.
    const total = histories.take('total', 1, rows);
    return () => {
      const { busy, cores } = parseBusyTicks(files.read('/proc/stat'));
      const online = cores.join(',');
      if (online !== columns) {
        if (columns !== undefined) histories.drop(columns);
        columns = online;
        history = histories.take(columns, busy.length, rows);
      }
      const time = now();
      history.push(time, busy);
      total.push(time, busy);
      // Nothing to compare with yet after the first reading; the time that cores waited for disks may go back.
      const load = (of: RingBuffer, column: number, seconds: number) => Math.max(0, of.rate(column, seconds) / ticksPerSecond || 0);
      return {
        cpu_number: cores.length,
        cpus: cores.map((_, place) => load(history, place + 1, 60)),
        cores,
        cpu_total: load(total, 0, 60),
        windows: overWindows((seconds) => load(total, 0, seconds)),
      };
    };
  },
};
