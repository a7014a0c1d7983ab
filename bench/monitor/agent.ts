import { flushCompileCache } from 'node:module';
import { loadMonitorWorker, startMonitor } from '../../src/monitor/index.ts';
import { collectorCatalogue } from './hanging-catalogue.ts';

// The agent that is measured, in a process of its own: agent.ts ROOT, or without a root to have everything compiled once.

const [root] = process.argv.slice(2);
if (root === undefined) {
  await loadMonitorWorker();
  flushCompileCache();
} else {
  const module = new URL('./hanging-catalogue.ts', import.meta.url).href;
  const monitor = await startMonitor({ listen: { host: '127.0.0.1', port: 0 }, root, collectors: { list: collectorCatalogue, module } });
  process.send?.(monitor.port);
}
