import type { Json } from '../../base/index.ts';
import type { Collector } from '../collector/collector.ts';
import { createRingBuffer, type RingBuffer, windows } from '../collector/ring-buffer.ts';

/** Cores in use, each between 0 and 1, averaged over the last minute, as Ganeti reports it; other windows stand in `windows`. */
interface CpuLoad {
  readonly [key: string]: Json;
  readonly cpu_number: number;
  readonly cpus: readonly number[];
  readonly cpu_total: number;
  readonly windows: { readonly [seconds: string]: number };
}

const interval = 5;

/** Clock ticks a second that the kernel shows to programs; the same on every architecture that Gantry runs on. */
const ticksPerSecond = 100;

/** Busy ticks of every `cpu` line of /proc/stat, the sum of all cores first. Idle is no load; guest time is part of user already. */
export function parseBusyTicks(text: string): number[] {
  const busy: number[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('cpu')) break;
    const [, user = 0, nice = 0, system = 0, , iowait = 0, irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).map(Number);
    busy.push(user + nice + system + iowait + irq + softirq + steal);
  }
  return busy;
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
    data.cpus.forEach((load, cpu) => {
      emit('gantry_node_cpu_load_ratio', load, String(cpu));
    });
  },
  start: ({ files, now, histories }) => {
    let columns = 0;
    let history: RingBuffer = createRingBuffer(0, 1);
    return () => {
      const busy = parseBusyTicks(files.read('/proc/stat'));
      if (busy.length !== columns) {
        columns = busy.length;
        history = histories.take('cpus', columns, 900 / interval + 1);
      }
      history.push(now(), busy);
      // Nothing to compare with yet after the first reading.
      const load = (column: number, seconds: number) => history.rate(column, seconds) / ticksPerSecond || 0;
      return {
        cpu_number: columns - 1,
        cpus: busy.slice(1).map((_, cpu) => load(cpu + 1, 60)),
        cpu_total: load(0, 60),
        windows: Object.fromEntries(windows.map((seconds) => [String(seconds), load(0, seconds)])),
      };
    };
  },
};
