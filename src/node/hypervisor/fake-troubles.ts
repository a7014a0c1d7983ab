import { GantryError, type Random } from '../../base/index.ts';
import type { InstanceRef } from './start-request.ts';

/** The methods of the port and of its capabilities. */
export type FakeMethod =
  | 'probe'
  | 'list'
  | 'start'
  | 'stop'
  | 'reset'
  | 'resume'
  | 'console'
  | 'acceptMigration'
  | 'sendMigration'
  | 'finishMigration'
  | 'verify';

/** Called before each method: it may throw, and it says how many milliseconds the method takes (0: none). */
export type BeforeFakeMethod = (method: FakeMethod, instance: InstanceRef | null) => number;

/** What may go wrong with one method of a fake hypervisor. */
export interface FakeTrouble {
  /** 0..1. */
  readonly probability?: number;
  /** Milliseconds, from and to. */
  readonly delay?: readonly [number, number];
}

/**
 * Lets methods fail and take time at random: same seed and same calls, same troubles.
 * The failures are HYPERVISOR_FAULT_INJECTED.
 */
export function fakeTroubles(random: Random, troubles: Partial<Record<FakeMethod, FakeTrouble>>): BeforeFakeMethod {
  return (method) => {
    const { probability = 0, delay = [0, 0] } = troubles[method] ?? {};
    if (random() < probability) throw new GantryError('HYPERVISOR_FAULT_INJECTED', { method, problem: `probability ${probability}` });
    return delay[0] + random() * (delay[1] - delay[0]);
  };
}
