import type { Clock } from '../../base/index.ts';

/** A clock that stands still until the test moves it. */
export interface HeldClock extends Clock {
  /** Lets time pass, and everybody whose pause is over go on. */
  pass(ms: number): Promise<void>;
  /** How long those who wait now have asked to, in this order. */
  readonly pauses: readonly number[];
}

export function heldClock(start = 1_000_000): HeldClock {
  let now = start;
  const sleepers = new Set<{ readonly ms: number; readonly until: number; wake: () => void }>();
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  };
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { ms, until: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => sleepers.delete(sleeper) && reject(signal.reason), { once: true });
      }),
    get pauses() {
      return Array.from(sleepers, ({ ms }) => ms);
    },
    async pass(ms) {
      now += ms;
      for (const sleeper of sleepers) if (sleeper.until <= now && sleepers.delete(sleeper)) sleeper.wake();
      await settle();
    },
  };
}
