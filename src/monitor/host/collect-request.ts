import type { FamilySamples } from '../../base/index.ts';
import type { CollectorFacts } from '../collector/collector.ts';
import type { MonitorLog } from '../monitor-log.ts';

/** From the serving thread: run one collector now. */
export interface CollectRequest {
  readonly id: number;
  /** Number of the collector in {@link WorkerMark}; above 0, always the same for a name. */
  readonly who: number;
  readonly name: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Given to the collector. */
  readonly command?: string | undefined;
}

/** What came of one collection: JSON bytes of the data and the samples that come with them, or why there is nothing. */
export type CollectOutcome = GoodOutcome | FailedOutcome;

export interface GoodOutcome {
  readonly ok: true;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly exposed: readonly FamilySamples[];
  /** Milliseconds. */
  readonly cost: number;
  /** Whether the report is the same as the previous one; only checked for collectors whose interval can increase. */
  readonly unchanged: boolean;
}

export interface FailedOutcome {
  readonly ok: false;
  readonly failure: CollectFailure;
  readonly problem: string;
}

/** `blocked`: it held the thread, which was replaced. */
export type CollectFailure = 'timed-out' | 'failed' | 'flooded' | 'blocked' | 'crashed';

/** From the worker. */
export type WorkerMessage =
  /** The answer to the request of the same id. */
  | { readonly kind: 'answer'; readonly id: number; readonly outcome: CollectOutcome }
  /** A collector threw outside its promise, for example in a timer. */
  | { readonly kind: 'fault'; readonly who: number; readonly problem: string }
  /** A ring buffer was made, or dropped; the next worker gets what there is. */
  | { readonly kind: 'history'; readonly key: string; readonly memory: SharedArrayBuffer | undefined }
  /** Which collectors there are now, from a module whose collectors come and go. */
  | { readonly kind: 'catalogue'; readonly collectors: readonly CollectorFacts[] }
  /** For the log of the agent. */
  | { readonly kind: 'log'; readonly line: Parameters<MonitorLog> };

/** What the serving thread gives a new worker. */
export interface WorkerSettings {
  readonly root: string;
  readonly runDir?: string | undefined;
  readonly certificates?: string | undefined;
  /** Module whose `collectorCatalogue` is run, or what its `openCatalogue` opens. */
  readonly catalogue: string;
  /** What `openCatalogue` is given. */
  readonly given: unknown;
  /** {@link WorkerMark}. */
  readonly mark: SharedArrayBuffer;
  readonly histories: ReadonlyMap<string, SharedArrayBuffer>;
}

/** Shared memory in which the worker says what it runs right now, so that one that blocks the thread is known by name. */
export interface WorkerMark {
  /** Number of the collector whose code runs right now; 0 between them. */
  readonly who: Int32Array;
  /** When it began, in the time of `monotonicNow`. */
  readonly since: Float64Array;
}

export const markBytes = 16;

export const markOf = (memory: SharedArrayBuffer): WorkerMark => ({
  who: new Int32Array(memory, 0, 1),
  since: new Float64Array(memory, 8, 1),
});
