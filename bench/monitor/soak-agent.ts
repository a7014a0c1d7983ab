import { startMonitor } from '../../src/monitor/index.ts';
import { collectorCatalogue as list } from './soak-catalogue.ts';

// The agent that is put to the test: soak-agent.ts ROOT. Told a number, it lets the clock jump by so many milliseconds;
// told anything else, it says what memory it has after collecting garbage.

/** MiB. */
export interface MemorySample {
  readonly resident: number;
  readonly heap: number;
}

const mebibyte = 1024 * 1024;
const module = new URL('./soak-catalogue.ts', import.meta.url).href;
const monitor = await startMonitor({ listen: { host: '127.0.0.1', port: 0 }, root: process.argv[2] ?? '', collectors: { list, module } });
const realNow = Date.now;
process.on('message', (told) => {
  if (typeof told === 'number') {
    const jump = told;
    Date.now = () => realNow() + jump;
    return;
  }
  globalThis.gc?.();
  process.send?.({
    resident: process.memoryUsage.rss() / mebibyte,
    heap: process.memoryUsage().heapUsed / mebibyte,
  } satisfies MemorySample);
});
process.on('disconnect', () => process.exit());
process.send?.(monitor.port);
