import { collectorCatalogue as builtIn } from '../../src/monitor/collector-catalogue.ts';

type Collector = (typeof builtIn)[number];
type Start = Collector['start'];

/** Well for half a minute, in trouble for a quarter: pauses after failures stay short, so that there are many. */
const isDue = (now: number, turn: number): boolean => (Math.floor(now / 15_000) + turn) % 3 === 0;

const faults: Readonly<Record<string, () => unknown>> = {
  hangs: () => new Promise(() => undefined),
  blocks: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  crashes: () => process.exit(3),
  floods: () => 'x'.repeat(4 * 1024 * 1024),
  throws: () => {
    throw new Error('as it was told to');
  },
  'throws-later': () => {
    setTimeout(() => {
      throw new Error('where nobody catches it');
    }, 10);
    return new Promise(() => undefined);
  },
  'eats-memory': () => {
    const eaten: number[][] = [];
    for (;;) eaten.push(new Array<number>(10_000).fill(eaten.length));
  },
};

function faulty(name: string, fault: () => unknown, turn: number): Collector {
  const start: Start =
    ({ now }) =>
    () =>
      isDue(now(), turn) ? fault() : name;
  const facts = { category: null, kind: 'performance', version: 'B', formatVersion: 1, help: 'In trouble at times.' } as const;
  return { ...facts, name, interval: 5, timeout: 2, metrics: [], measure: () => undefined, start };
}

/** How collectors fail, by name. */
export const faultNames: readonly string[] = Object.keys(faults);

export const collectorCatalogue: readonly Collector[] = [
  ...builtIn,
  ...Object.entries(faults).map(([name, fault], i) => faulty(name, fault, i)),
];
