export { type Monitor, type MonitorOptions, startMonitor } from './start-monitor.ts';
