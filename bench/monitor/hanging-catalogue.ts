import { collectorCatalogue as builtIn } from '../../src/monitor/collector-catalogue.ts';

type Collector = (typeof builtIn)[number];

/** Never has an answer. */
const hanging: Collector = {
  name: 'hanging',
  category: null,
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'Hangs.',
  interval: 5,
  timeout: 2,
  metrics: [],
  measure: () => undefined,
  start: () => () => new Promise(() => undefined),
};

/** The built-in collectors and one that hangs, as the worker thread of the agent loads them. */
export const collectorCatalogue: readonly Collector[] = [...builtIn, hanging];
