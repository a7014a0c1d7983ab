export { collectorCatalogue } from './collector-catalogue.ts';
export { type Monitor, type MonitorOptions, startMonitor } from './start-monitor.ts';
