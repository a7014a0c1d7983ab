import { flushCompileCache } from 'node:module';
import { collectorCatalogue as builtIn, loadMonitorWorker, startMonitor } from '../../src/monitor/index.ts';

// The agent that is measured, in a process of its own: agent.ts ROOT calm|troubled, or without a root to have everything
// compiled once. In trouble two collectors hang. Those of instances run every five seconds, whatever their own interval is.

const [root, state] = process.argv.slice(2);
if (root === undefined) {
  await loadMonitorWorker();
  await import('./hanging-catalogue.ts');
  flushCompileCache();
} else {
  const module = new URL('./hanging-catalogue.ts', import.meta.url).href;
  const collectors = state === 'troubled' ? { list: (await import('./hanging-catalogue.ts')).collectorCatalogue, module } : undefined;
  const monitor = await startMonitor({ listen: { host: '127.0.0.1', port: 0 }, root, ...(collectors && { collectors }) });
  monitor.scheduler.configure(
    new Map(builtIn.filter(({ category }) => category === 'instance').map(({ name }) => [name, { interval: 5 }])),
  );
  process.send?.(monitor.port);
  process.on('disconnect', () => process.exit());
}
