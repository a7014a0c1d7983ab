/** How often something took how long, in buckets whose bounds never change. Counting allocates nothing. */
export interface Histogram {
  /** Upper bounds, ascending, in the unit of the values; a value that equals one belongs to it. */
  readonly bounds: readonly number[];
  /** Values in each bucket alone, those above the last bound at the end. */
  readonly counts: Float64Array;
  /** Of all values. */
  readonly sum: number;
  observe(value: number): void;
}

/** For what a computer does itself, seconds: from 1 ms to 10 s. */
export const shortSeconds: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** For work on a cluster, seconds: from 5 ms to an hour. */
export const longSeconds: readonly number[] = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600];

export function createHistogram(bounds: readonly number[]): Histogram {
  return new Buckets(bounds);
}

class Buckets implements Histogram {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.sum += value;
  }
}
