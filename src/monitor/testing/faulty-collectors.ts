import type { Collector } from '../collector/collector.ts';
import { makeCollector } from './make-collector.ts';

const never = () => new Promise<never>(() => undefined);
const moment = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function hold(): never {
  for (;;);
}

/** Runs in the worker thread: everything that can go wrong with a collector, and two that are well. */
export const collectorCatalogue: readonly Collector<unknown>[] = [
  makeCollector('good'),
  makeCollector('counting', {
    metrics: [{ name: 'gantry_test_runs', type: 'counter', help: 'Runs so far.' }],
    measure: (data, emit) => emit('gantry_test_runs', (data as { runs: number }).runs),
    start: ({ histories, now }) => {
      const history = histories.take('runs', 1, 100);
      let runs = 0;
      return () => {
        history.push(now(), [1]);
        // Of this thread, and of all threads.
        return { runs: ++runs, kept: history.rate(0, 900) === 0 };
      };
    },
  }),
  makeCollector('slow-but-well', {
    timeout: 5,
    start: () => async () => {
      await moment(700);
      return 'in the end';
    },
  }),
  makeCollector('throws', {
    start: () => () => {
      throw new Error('no such disk');
    },
  }),
  makeCollector('throws-at-start', {
    start: () => {
      throw new Error('cannot start');
    },
  }),
  makeCollector('hangs', { start: () => never }),
  makeCollector('hangs-once', {
    start: () => {
      const first = once('hangs-once');
      return () => (first ? never() : 'again');
    },
  }),
  makeCollector('blocks', { start: () => hold }),
  makeCollector('blocks-after-await', {
    start: () => async () => {
      await moment(20);
      return hold();
    },
  }),
  makeCollector('blocks-afterwards', {
    start: () => () => {
      setTimeout(hold, 30);
      return 'fine so far';
    },
  }),
  makeCollector('floods', { largestReport: 1000, start: () => () => 'ä'.repeat(600) }),
  makeCollector('eats-memory', {
    timeout: 10,
    start: () => () => {
      const eaten: number[][] = [];
      for (;;) eaten.push(new Array<number>(10_000).fill(eaten.length));
    },
  }),
  makeCollector('throws-later', {
    start: () => () => {
      setTimeout(() => {
        throw new Error('too late to catch');
      }, 20);
      return never();
    },
  }),
  makeCollector('forgets-a-promise', {
    start: () => async () => {
      void Promise.reject(new Error('nobody waits for this'));
      return await never();
    },
  }),
  makeCollector('exits', { start: () => () => process.exit(3) }),
  makeCollector('says-nothing', { start: () => () => undefined as never }),
  makeCollector('stuck-in-the-system', {
    start:
      ({ files }) =>
      () =>
        files.read('/pipe'),
  }),
];

const seen = new Set<string>();

/** Whether it is the first time in this thread. */
function once(name: string): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  return true;
}
