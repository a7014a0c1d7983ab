import type { Emit, MetricFamily } from '../../base/index.ts';
import type { CachedReport } from '../scheduler/report-cache.ts';

/** What the agent knows about itself. */
export interface AgentFacts {
  /** Worker threads started so far, and those that hang in the system. */
  readonly threads: number;
  readonly stuckThreads: number;
}

const labels = ['collector'];

/** How the agent and its collectors do. The age of a report is `time()` less its time, as is the way with Prometheus. */
export const ownFamilies: readonly MetricFamily[] = [
  {
    name: 'gantry_monitor_collector_last_success_timestamp_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'When the collector last had data, in seconds since 1970.',
    labels,
  },
  {
    name: 'gantry_monitor_collector_duration_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'How long its last good collection took.',
    labels,
  },
  { name: 'gantry_monitor_collector_failures', type: 'counter', help: 'Collections that failed.', labels },
  { name: 'gantry_monitor_collector_trouble', type: 'gauge', help: '1 while its last collection failed, else 0.', labels },
  {
    name: 'gantry_monitor_threads_started',
    type: 'counter',
    help: 'Threads started for collectors; more than 1 means that some blocked or crashed.',
  },
  { name: 'gantry_monitor_threads_stuck', type: 'gauge', help: 'Threads that hang in a system call.' },
  { name: 'process_cpu_seconds', type: 'counter', unit: 'seconds', help: 'Processor time of the agent.' },
  { name: 'process_resident_memory_bytes', type: 'gauge', unit: 'bytes', help: 'Memory of the agent.' },
  { name: 'process_start_time_seconds', type: 'gauge', unit: 'seconds', help: 'When the agent started, in seconds since 1970.' },
];

export interface OwnFacts {
  readonly reports: readonly CachedReport[];
  readonly agent: AgentFacts;
}

export function measureOwn({ reports, agent }: OwnFacts, emit: Emit): void {
  for (const { collector, collectedWallTime, duration, failures, trouble } of reports) {
    const { name } = collector;
    if (collectedWallTime !== undefined) {
      emit('gantry_monitor_collector_last_success_timestamp_seconds', collectedWallTime / 1000, name);
      emit('gantry_monitor_collector_duration_seconds', duration / 1000, name);
    }
    emit('gantry_monitor_collector_failures', failures, name);
    emit('gantry_monitor_collector_trouble', trouble ? 1 : 0, name);
  }
  const { user, system } = process.cpuUsage();
  emit('gantry_monitor_threads_started', agent.threads);
  emit('gantry_monitor_threads_stuck', agent.stuckThreads);
  emit('process_cpu_seconds', (user + system) / 1e6);
  emit('process_resident_memory_bytes', process.memoryUsage.rss());
  emit('process_start_time_seconds', performance.timeOrigin / 1000);
}
