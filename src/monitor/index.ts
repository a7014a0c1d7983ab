export { checkPluginSettings, checkPlugins } from './check-plugins.ts';
export { collectOnce, type OnceOptions, type OnceReport } from './collect-once.ts';
export { collectorCatalogue } from './collector-catalogue.ts';
export { collectPlugin, type HostPlugin, listPlugins } from './host-plugins.ts';
export { logLevels, type MonitorLog } from './monitor-log.ts';
export type { PluginCheck, PluginChecks } from './plugins/check-plugins.ts';
export { processFlags } from './process-flags.ts';
export { readCertificates, readTokens } from './read-access-files.ts';
export { type Monitor, type MonitorOptions, startMonitor } from './start-monitor.ts';
export { readSettings, unknownCollectors, watchSettings } from './watch-settings.ts';

/** Loads the code of the worker thread, with what that loads only when needed, and does nothing with it: what is compiled of it is kept for the threads. */
export const loadMonitorWorker = (): Promise<unknown> =>
  Promise.all([import('./host/collector-worker.ts'), import('../base/index.ts'), import('./plugins/open-plugin-catalogue.ts')]);
