import type { Json } from '../../base/index.ts';
import type { Collector } from '../collector/collector.ts';

/** A collector that needs nothing, for tests to change what they are about. */
export function makeCollector(name: string, changes: Partial<Collector<Json>> = {}): Collector<unknown> {
  return {
    name,
    category: null,
    kind: 'performance',
    version: 'B',
    formatVersion: 1,
    help: 'A collector of a test.',
    interval: 10,
    timeout: 0.3,
    metrics: [],
    measure: () => undefined,
    start: () => () => ({ name }),
    ...changes,
  } as Collector<unknown>;
}
