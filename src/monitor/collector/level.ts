import type { RingBuffer } from './ring-buffer.ts';

/**
 * A level, such as memory in use, in two columns of a ring buffer: its integral over time (in seconds), whose rate is the mean
 * over any window (the rows between are not needed), and the level itself.
 * @param level - NaN where it could not be read: then it counts as before
 */
export function nextLevel(history: RingBuffer, column: number, time: number, level: number): readonly [integral: number, level: number] {
  const [integral, before] = [history.latest(column), history.latest(column + 1)];
  const now = Number.isNaN(level) ? before : level;
  if (Number.isNaN(integral)) return [Number.isNaN(now) ? now : 0, now];
  return [integral + (((time - history.time()) / 1000) * (before + now)) / 2, now];
}

/** Mean over the last seconds, as if it had changed evenly from row to row; the level itself while it was only read once, NaN if it never was. */
export function meanLevel(history: RingBuffer, column: number, seconds: number): number {
  const mean = history.rate(column, seconds);
  return Number.isNaN(mean) ? history.latest(column + 1) : mean;
}
