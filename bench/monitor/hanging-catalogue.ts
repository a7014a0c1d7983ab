import { collectorCatalogue as builtIn } from '../../src/monitor/collector-catalogue.ts';

type Collector = (typeof builtIn)[number];

const hanging: Collector = {
  name: 'waits',
  category: null,
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'Never has an answer, and nobody gives it up while a benchmark runs.',
  interval: 5,
  timeout: 3600,
  metrics: [],
  measure: () => undefined,
  start: () => () => new Promise(() => undefined),
};

/** Holds the thread of all collectors until it is replaced, and does it again at every try. */
const blocking: Collector = {
  ...hanging,
  name: 'blocks',
  interval: 5,
  timeout: 2,
  start: () => () => {
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
};

/** The built-in collectors and two that hang, as the worker thread of the agent loads them. */
export const collectorCatalogue: readonly Collector[] = [...builtIn, hanging, blocking];
