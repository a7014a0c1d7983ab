import type { ProcFiles } from '../../host/light.ts';
import type { Histories } from './collector-context.ts';

// Counters of the kernel cannot be trusted: time that cores waited for disks can decrease, stolen time decreases when a guest is
// moved to another host, and faults in drivers make a counter jump. Each step is checked separately, so that a bad step affects
// neither the minute before nor the minute after it.

/** How much a counter has grown: nothing when it fell or was not known, and never more than `most`. */
export function growth(before: number, now: number, most = Number.POSITIVE_INFINITY): number {
  const grown = now - before;
  return grown > 0 ? Math.min(grown, most) : 0;
}

/** A total minus a part of it, for figures that were not read at the same moment: never negative, and never more than the total. */
export const rest = (whole: number, part: number): number => Math.min(Math.max(0, whole), Math.max(0, whole - part));

/** Counters over time, in columns; each may be the sum of several. */
export interface CounterHistory {
  /**
   * @param time - in monotonic milliseconds, later than all before
   * @param counters - those of each column one after the other; NaN for one that could not be read
   * @param most - what a column can grow by in a second
   */
  push(time: number, counters: ArrayLike<number>, most?: number): void;
  /**
   * Growth per second over the last `seconds`, from 0 to what a column can grow by. NaN while there are fewer than two
   * rows, or where the newest or the oldest could not be read.
   */
  rate(column: number, seconds: number): number;
}

/**
 * Beside the sums of growth, the newest counters with their time are kept: all of it outlives the thread.
 * @param parts - counters that make one column
 */
export function takeCounters({ take }: Histories, name: string, width: number, capacity: number, parts = 1): CounterHistory {
  const sums = take(name, width, capacity);
  // For each column: when it was last known, its sum, and its counters then.
  const stride = 2 + parts;
  const newest = take(lastName(name), width * stride, 1);
  const newestRow = new Float64Array(width * stride);
  const sumRow = new Float64Array(width);
  let limit = Number.POSITIVE_INFINITY;

  const advance = (column: number, time: number, counters: ArrayLike<number>): number => {
    const start = column * stride;
    const room = limit * ((time - newest.latest(start)) / 1000) || Number.POSITIVE_INFINITY;
    let grown = 0;
    for (let part = 0; part < parts; part++)
      grown += growth(newest.latest(start + 2 + part), counters[column * parts + part] ?? Number.NaN, room);
    return (newest.latest(start + 1) || 0) + Math.min(grown, room);
  };

  return {
    push: (time, counters, most = Number.POSITIVE_INFINITY) => {
      limit = most;
      for (let column = 0; column < width; column++) {
        const start = column * stride;
        let known = true;
        for (let part = 0; part < parts; part++) known &&= !Number.isNaN(counters[column * parts + part] ?? Number.NaN);
        const sum = known ? advance(column, time, counters) : Number.NaN;
        sumRow[column] = sum;
        newestRow[start] = known ? time : newest.latest(start);
        newestRow[start + 1] = known ? sum : newest.latest(start + 1);
        for (let part = 0; part < parts; part++) {
          newestRow[start + 2 + part] = known ? (counters[column * parts + part] as number) : newest.latest(start + 2 + part);
        }
      }
      newest.push(time, newestRow);
      sums.push(time, sumRow);
    },
    // The limit may have been another one before, and sums of parts of seconds may be a little off.
    rate: (column, seconds) => Math.min(sums.rate(column, seconds), limit),
  };
}

/** Forgets what {@link takeCounters} took. */
export function dropCounters({ drop }: Histories, name: string): void {
  drop(name);
  drop(lastName(name));
}

const lastName = (name: string): string => `${name} newest`;

/** The most cores that this host can have, for what a process can use; without limit where the kernel does not tell. */
export function mostCores(files: ProcFiles): number {
  const ranges = files.readIfThere('/sys/devices/system/cpu/possible')?.trim().split(',') ?? [];
  const counts = ranges.map((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return last - first + 1;
  });
  const sum = counts.reduce((total, count) => total + count, 0);
  return sum > 0 ? sum : Number.POSITIVE_INFINITY;
}
