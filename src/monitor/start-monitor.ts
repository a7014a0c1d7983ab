import { type Clock, systemClock } from '../base/index.ts';
import type { Collector } from './collector/collector.ts';
import { collectorCatalogue } from './collector-catalogue.ts';
import { createCollectorHost } from './host/collector-host.ts';
import { type CollectorScheduler, startScheduler } from './scheduler/collector-scheduler.ts';
import { createReportCache } from './scheduler/report-cache.ts';
import { startMonitorServer } from './server/monitor-server.ts';

export interface MonitorOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** Where `/proc` and the like begin; '' for this host. */
  readonly root?: string;
  /** For tests: collectors in place of the built-in ones, and the module from which the worker takes the same. */
  readonly collectors?: { readonly list: readonly Collector<unknown>[]; readonly module: string };
  /** Monotonic, with an origin that all threads share, as the clock of the system. */
  readonly clock?: Clock;
}

export interface Monitor {
  readonly port: number;
  readonly scheduler: CollectorScheduler;
  close(): Promise<void>;
}

/** Starts the monitoring agent: collectors in a thread of their own, and a server that answers from what they left. */
export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const clock = options.clock ?? systemClock;
  const collectors = options.collectors?.list ?? collectorCatalogue;
  const cache = createReportCache(collectors, { now: () => clock.now(), wallTime: () => Date.now() });
  const server = await startMonitorServer({ ...options.listen, cache });
  const host = createCollectorHost({
    ...(options.root === undefined ? {} : { root: options.root }),
    ...(options.collectors ? { catalogue: options.collectors.module } : {}),
  });
  const scheduler = startScheduler({ collectors, host, cache, clock });
  return {
    port: server.port,
    scheduler,
    close: async () => {
      scheduler.close();
      await host.close();
      await server.close();
    },
  };
}
