import { Worker } from 'node:worker_threads';
import type { Log } from '../base/index.ts';
import type { RemoteLease } from './store.ts';

/** A thread that prolongs a lease, however busy the main thread is. */
export interface LeaseKeeper {
  /** Milliseconds since the lease was certainly prolonged; infinite before the first time. */
  ageMs(): number;
  close(): Promise<void>;
}

export interface LeaseKeeperOptions {
  readonly ttlMs: number;
  readonly log: Log;
  /** The lease is no longer renewed when the main thread has shown no sign of life for this time; default one minute. */
  readonly hungMs?: number;
}

/** What the thread is given. */
export interface LeaseThreadData {
  readonly lease: RemoteLease;
  readonly everyMs: number;
  readonly retryMs: number;
  readonly hungMs: number;
  /** Two times of `process.hrtime`, in microseconds: of the last prolongation, and of the main thread's last sign of life. */
  readonly memory: SharedArrayBuffer;
}

export type LeaseThreadMessage = { readonly type: 'ended' } | { readonly type: 'failed'; readonly problem: string };

export const unitsPerMs = 1000;
const signOfLifeMs = 1000;
const now = () => process.hrtime.bigint() / 1000n;

/**
 * The thread writes to shared memory when it has renewed the lease. So a main thread that was busy for a long time knows the
 * state immediately. The thread ends with the lease; its user renews the lease itself when the thread is late.
 */
export function startLeaseKeeper(lease: RemoteLease, { ttlMs, log, hungMs = 60_000 }: LeaseKeeperOptions): LeaseKeeper {
  const memory = new SharedArrayBuffer(16);
  const times = new BigInt64Array(memory);
  const live = () => Atomics.store(times, 1, now());
  live();
  const timer = setInterval(live, signOfLifeMs).unref();
  const data: LeaseThreadData = { lease, everyMs: ttlMs / 3, retryMs: Math.min(1000, ttlMs / 10), hungMs, memory };
  const worker = new Worker(new URL('./lease-thread.ts', import.meta.url), {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
  worker.unref();
  worker.on('message', (message: LeaseThreadMessage) => {
    if (message.type === 'failed') log.warn({ problem: message.problem }, 'the leadership could not be prolonged');
  });
  worker.on('error', (error) => log.warn({ err: error }, 'the thread that prolongs the leadership failed'));
  return {
    ageMs() {
      const renewed = Atomics.load(times, 0);
      return renewed === 0n ? Infinity : Number(now() - renewed) / unitsPerMs;
    },
    async close() {
      clearInterval(timer);
      await worker.terminate();
    },
  };
}
