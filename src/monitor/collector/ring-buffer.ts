/** The windows over which averages are offered, in seconds. */
export const windows = [10, 60, 300, 900] as const;

/** The last rows of counters with their times, in one typed array. */
export interface RingBuffer {
  /** `row` holds `width` numbers; `time` in monotonic milliseconds, later than all before. */
  push(time: number, row: ArrayLike<number>): void;
  /**
   * Change per second of column `column` over the last `seconds`: between the newest row and the oldest one within the
   * window (the one before it, if the newest is alone). NaN while there are fewer than two rows.
   */
  rate(column: number, seconds: number): number;
  /** Arithmetic mean of the column over the rows of the window; NaN without any. */
  mean(column: number, seconds: number): number;
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
  // One cell says how many rows were ever pushed. It is written last, so that a thread ended in mid-push leaves no half row.
  const pushed = new Float64Array(memory, 0, 1);
  const cells = new Float64Array(memory, 8, stride * capacity);
  const count = () => pushed[0] ?? 0;
  const size = () => Math.min(count(), capacity);

  /** Start of the row that is `age` rows old. */
  const at = (age: number) => ((count() - 1 - age) % capacity) * stride;

  /** Times only grow, so that halves are enough to look at. */
  const rowsWithin = (seconds: number): number => {
    const from = (cells[at(0)] ?? 0) - seconds * 1000;
    let within = 1;
    let beyond = size() + 1;
    while (beyond - within > 1) {
      const middle = (within + beyond) >> 1;
      if ((cells[at(middle - 1)] ?? 0) >= from) within = middle;
      else beyond = middle;
    }
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
    mean: (column, seconds) => {
      if (size() === 0) return Number.NaN;
      const rows = rowsWithin(seconds);
      let sum = 0;
      let cell = at(0) + 1 + column;
      for (let row = 0; row < rows; row++) {
        sum += cells[cell] ?? 0;
        cell -= stride;
        if (cell < 0) cell += cells.length;
      }
      return sum / rows;
    },
    clear: () => {
      pushed[0] = 0;
    },
  };
}
