import type { Clock } from '../../base/index.ts';

/** Counts refused credentials by address, so that guessing is slow. */
export interface RefusalLimiter {
  /** Seconds until this address may try again; 0 when it may now. */
  blockedFor(address: string): number;
  refused(address: string): void;
}

const windowMs = 60_000;
const mostAddresses = 10_000;

/** Blocks an address after `perMinute` refusals within a minute, until that minute is over. */
export function refusalLimiter(perMinute: number, clock: Pick<Clock, 'now'>): RefusalLimiter {
  const windows = new Map<string, { since: number; count: number }>();
  const current = (address: string) => {
    const window = windows.get(address);
    return window && clock.now() - window.since < windowMs ? window : undefined;
  };
  return {
    blockedFor(address) {
      const window = current(address);
      if (!window || window.count < perMinute) return 0;
      return Math.max(1, Math.ceil((window.since + windowMs - clock.now()) / 1000));
    },
    refused(address) {
      const window = current(address);
      if (window) {
        window.count += 1;
        return;
      }
      windows.delete(address);
      windows.set(address, { since: clock.now(), count: 1 });
      // The map keeps the order of insertion: the first is the oldest.
      const [oldest] = windows.size > mostAddresses ? windows.keys() : [];
      if (oldest !== undefined) windows.delete(oldest);
    },
  };
}
