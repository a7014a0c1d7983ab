import type { Clock } from '../../base/index.ts';

export interface HeldClock extends Clock {
  /** Lets time go by, waking every sleeper at its moment; what they start is given its turn in between. */
  advance(ms: number): Promise<void>;
  /** Time has gone by and nobody was woken, as when the host was asleep. */
  leap(ms: number): void;
}

/** A clock that stands still until it is told to move. */
export function createHeldClock(start = 1_000_000): HeldClock {
  let time = start;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    leap: (ms) => {
      time += ms;
    },
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { at: time + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    advance: async (ms) => {
      const end = time + ms;
      await settle();
      for (;;) {
        const next = [...sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        sleepers.delete(next);
        time = Math.max(time, next.at);
        next.wake();
        await settle();
      }
      time = end;
    },
  };
}
