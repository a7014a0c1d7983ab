import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Emit, MetricFamily, MetricSource } from './metric-family.ts';

const f = {
  cpu: { name: 'process_cpu_seconds', type: 'counter', unit: 'seconds', help: 'Processor time of this process.' },
  memory: { name: 'process_resident_memory_bytes', type: 'gauge', unit: 'bytes', help: 'Memory of this process.' },
  start: { name: 'process_start_time_seconds', type: 'gauge', unit: 'seconds', help: 'When this process started, in seconds since 1970.' },
  heap: { name: 'gantry_process_heap_bytes', type: 'gauge', unit: 'bytes', help: 'Memory of JavaScript objects that is in use.' },
  busy: {
    name: 'gantry_process_event_loop_busy_seconds',
    type: 'counter',
    unit: 'seconds',
    help: 'Time in which the event loop worked; its rate is how busy the one thread of the process is, at most 1.',
  },
  delay: {
    name: 'gantry_process_event_loop_delay_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'How late the event loop was since the last page was made: on average, at the 99th percentile, at most.',
    labels: ['statistic'],
  },
} as const satisfies Readonly<Record<string, MetricFamily>>;

export const processFamilies: readonly MetricFamily[] = Object.values(f);

/** Milliseconds between two looks at the event loop, without any delay. */
const resolution = 20;

/** How a process does. One is enough: it looks at the event loop from its first page on. */
export class ProcessMetrics implements MetricSource {
  readonly families = processFamilies;
  #delays: ReturnType<typeof monitorEventLoopDelay> | undefined;

  measure(emit: Emit): void {
    const { user, system } = process.cpuUsage();
    emit(f.cpu.name, (user + system) / 1e6);
    emit(f.memory.name, process.memoryUsage.rss());
    emit(f.start.name, performance.timeOrigin / 1000);
    emit(f.heap.name, process.memoryUsage().heapUsed);
    emit(f.busy.name, performance.eventLoopUtilization().active / 1000);
    const delays = this.#delays;
    const seconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - resolution / 1000);
    const measured = delays !== undefined && delays.count > 0;
    emit(f.delay.name, measured ? seconds(delays.mean) : 0, 'mean');
    emit(f.delay.name, measured ? seconds(delays.percentile(99)) : 0, 'p99');
    emit(f.delay.name, measured ? seconds(delays.max) : 0, 'max');
    if (delays) delays.reset();
    else {
      this.#delays = monitorEventLoopDelay({ resolution });
      this.#delays.enable();
    }
  }
}
