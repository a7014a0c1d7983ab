import { flushCompileCache } from 'node:module';
import { collectorCatalogue as builtIn, loadMonitorWorker, startMonitor } from '../../src/monitor/index.ts';

// The agent that is measured, in a process of its own: agent.ts ROOT calm|eager|troubled, or without a root to have
// everything compiled once. An eager one runs every collector of instances each five seconds, whatever its own interval
// is; in trouble two collectors hang.

const [root, state] = process.argv.slice(2);
if (root === undefined) {
  await loadMonitorWorker();
  await import('./hanging-catalogue.ts');
  flushCompileCache();
} else {
  const module = new URL('./hanging-catalogue.ts', import.meta.url).href;
  const collectors = state === 'troubled' ? { list: (await import('./hanging-catalogue.ts')).collectorCatalogue, module } : undefined;
  const monitor = await startMonitor({ listen: { host: '127.0.0.1', port: 0 }, root, ...(collectors && { collectors }) });
  const ofInstances = builtIn.filter(({ category }) => category === 'instance');
  if (state === 'eager') monitor.scheduler.configure(new Map(ofInstances.map(({ name }) => [name, { interval: 5 }])));
  process.send?.(monitor.port);
  process.on('disconnect', () => process.exit());
}
