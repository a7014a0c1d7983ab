import { setTimeout } from 'node:timers/promises';
import type { TlsOptions } from 'node:tls';
import type { Collector } from './collector/collector.ts';
import { collectorCatalogue } from './collector-catalogue.ts';
import { createCollectorHost } from './host/collector-host.ts';
import { monotonicNow } from './host/monotonic-now.ts';
import type { MonitorLog } from './monitor-log.ts';
import { type PluginOptions, startPlugins } from './plugins/start-plugins.ts';
import { type CollectorScheduler, startScheduler } from './scheduler/collector-scheduler.ts';
import { logTroubles } from './scheduler/log-troubles.ts';
import { createReportCache } from './scheduler/report-cache.ts';
import { startMonitorServer } from './server/monitor-server.ts';
import { ownFamilies } from './server/own-metrics.ts';

export interface MonitorOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** TLS with these; holders of a certificate of the authority in them may ask, where there is one. */
  readonly tls?: TlsOptions;
  /** Folder from which they were read: they are watched. */
  readonly certificates?: string | undefined;
  /** Bearers of one of them may ask. Without tokens and TLS anybody may. */
  readonly tokens?: readonly string[];
  /** Where `/proc` and the like begin; '' for this host. */
  readonly root?: string;
  /** The node agent's run folder; `/run/gantry` unless given. */
  readonly runDir?: string | undefined;
  /** Where plugins lie; none unless given. */
  readonly plugins?: PluginOptions | undefined;
  /** Nothing is logged unless given. */
  readonly log?: MonitorLog;
  /** For tests: collectors in place of the built-in ones, and the module from which the worker takes the same. */
  readonly collectors?: { readonly list: readonly Collector<unknown>[]; readonly module: string };
}

export interface Monitor {
  readonly port: number;
  readonly scheduler: CollectorScheduler;
  /** Uses other certificates for connections to come. @throws Error when an authority or its list of revoked ones is to go */
  useTls(tls: TlsOptions): void;
  /** From the next request on, only these tokens are accepted. */
  useTokens(tokens: readonly string[]): void;
  /** @returns whether all threads have ended; one that hangs in the system would keep the process from ending */
  close(): Promise<boolean>;
}

/** Starts the monitoring agent: collectors in a thread of their own, and a server that answers from what they left. */
export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const { tls, tokens = [], root = '' } = options;
  const collectors = options.collectors?.list ?? collectorCatalogue;
  const clock = { now: monotonicNow, sleep: (ms: number, signal?: AbortSignal) => setTimeout(ms, undefined, signal ? { signal } : {}) };
  const cache = createReportCache(collectors, { now: monotonicNow, wallTime: () => Date.now() });
  if (options.log) logTroubles(cache, options.log);
  const host = createCollectorHost({
    root,
    runDir: options.runDir,
    certificates: options.certificates,
    ...(options.collectors ? { catalogue: options.collectors.module } : {}),
  });
  const plugins = options.plugins && startPlugins(options.plugins, collectors, ownFamilies, options.log);
  const agent = () => ({
    threads: host.threads + (plugins?.threads ?? 0),
    stuckThreads: host.stuckThreads + (plugins?.stuckThreads ?? 0),
  });
  const access = { tokens, certificates: tls?.ca !== undefined };
  const server = await startMonitorServer({
    ...options.listen,
    cache,
    collectors,
    agent,
    now: monotonicNow,
    access,
    ...(tls ? { tls } : {}),
  });
  const collect: typeof host.collect = (name, ...rest) => (plugins?.has(name) ? plugins : host).collect(name, ...rest);
  const scheduler = startScheduler({ collectors, host: { collect }, cache, clock });
  plugins?.open(scheduler);
  return {
    port: server.port,
    scheduler,
    useTls: server.useTls,
    useTokens: server.useTokens,
    close: async () => {
      scheduler.close();
      await Promise.all([host.close(), plugins?.close()]);
      await server.close();
      return agent().stuckThreads === 0;
    },
  };
}
