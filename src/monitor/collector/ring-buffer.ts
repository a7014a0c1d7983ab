/** Something for each window over which averages are offered, by its seconds. */
export type ByWindow<T> = {
  readonly 10: T;
  readonly 60: T;
  readonly 300: T;
  readonly 900: T;
};

/** As a literal: if such keys are added one by one, the object temporarily allocates memory for nine hundred of them. */
export const overWindows = <T>(average: (seconds: number) => T): ByWindow<T> => ({
  10: average(10),
  60: average(60),
  300: average(300),
  900: average(900),
});

/** The last rows of counters with their times, in one typed array. */
export interface RingBuffer {
  /** `row` holds `width` numbers; `time` in monotonic milliseconds, later than all before. */
  push(time: number, row: ArrayLike<number>): void;
  /**
   * Change per second of column `column` over the last `seconds`: between the newest row and the oldest one within the
   * window (the one before it, if the newest is alone). NaN while there are fewer than two rows.
   */
  rate(column: number, seconds: number): number;
  /** Of the newest row; NaN without any. */
  time(): number;
  latest(column: number): number;
  /** Forgets all rows: a counter was reset. */
  clear(): void;
}

/** Bytes of the memory of a ring buffer. */
export const ringBufferBytes = (width: number, capacity: number): number => 8 * (1 + (width + 1) * capacity);

/**
 * @param capacity - rows kept: the longest window over the interval, and one more
 * @param memory - of {@link ringBufferBytes}; shared memory that another thread filled goes on where that one ended
 */
export function createRingBuffer(
  width: number,
  capacity: number,
  memory: ArrayBufferLike = new ArrayBuffer(ringBufferBytes(width, capacity)),
): RingBuffer {
  const stride = width + 1;
  // One cell says how many rows were ever pushed. It is written last, so a thread that is ended during a push leaves no incomplete
  // row.
  const pushed = new Float64Array(memory, 0, 1);
  const cells = new Float64Array(memory, 8, stride * capacity);
  const count = () => pushed[0] ?? 0;
  const size = () => Math.min(count(), capacity);

  /** Start of the row that is `age` rows old. */
  const at = (age: number) => ((count() - 1 - age) % capacity) * stride;

  /** Rows come at a steady pace, so that the right one is near where it should be. */
  const rowsWithin = (seconds: number): number => {
    const [newest, rows, last] = [cells[at(0)] ?? 0, size(), count() - 1];
    const pace = (newest - (cells[at(rows - 1)] ?? 0)) / (rows - 1);
    const from = newest - seconds * 1000;
    let within = Math.max(1, Math.min(rows, Math.floor((seconds * 1000) / pace) + 1));
    while (within < rows && (cells[((last - within) % capacity) * stride] ?? 0) >= from) within++;
    while (within > 1 && (cells[((last - within + 1) % capacity) * stride] ?? 0) < from) within--;
    return within;
  };

  return {
    push: (time, row) => {
      const start = (count() % capacity) * stride;
      cells[start] = time;
      for (let column = 0; column < width; column++) cells[start + 1 + column] = row[column] ?? 0;
      pushed[0] = count() + 1;
    },
    rate: (column, seconds) => {
      if (size() < 2) return Number.NaN;
      const newest = at(0);
      const oldest = at(Math.max(1, rowsWithin(seconds) - 1));
      const elapsed = (cells[newest] ?? 0) - (cells[oldest] ?? 0);
      return (((cells[newest + 1 + column] ?? 0) - (cells[oldest + 1 + column] ?? 0)) * 1000) / elapsed;
    },
    // No getter: V8 gives objects that are made with one a slow form, and there is one for each instance.
    time: () => (size() === 0 ? Number.NaN : (cells[at(0)] ?? Number.NaN)),
    latest: (column) => (size() === 0 ? Number.NaN : (cells[at(0) + 1 + column] ?? Number.NaN)),
    clear: () => {
      pushed[0] = 0;
    },
  };
}
