/** From the serving thread: run one collector now. */
export interface CollectRequest {
  readonly id: number;
  readonly name: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/** What came of one collection: JSON of the data and the samples as OpenMetrics text, or why there is nothing. */
export type CollectOutcome =
  | { readonly ok: true; readonly data: string; readonly samples: readonly FamilySamples[]; readonly cost: number }
  | { readonly ok: false; readonly failure: CollectFailure; readonly problem: string };

/** Lines of samples of one family. */
export interface FamilySamples {
  readonly family: string;
  readonly text: string;
}

/** `blocked`: it held the thread, which was replaced. */
export type CollectFailure = 'timed-out' | 'failed' | 'flooded' | 'blocked' | 'crashed';

/** The answer to the request of the same id. */
export interface CollectAnswer {
  readonly id: number;
  readonly outcome: CollectOutcome;
}

/** What the serving thread gives a new worker. */
export interface WorkerSettings {
  readonly root: string;
  /** Module whose `collectorCatalogue` is run. */
  readonly catalogue: string;
  /** {@link WorkerMark}. */
  readonly mark: SharedArrayBuffer;
}

/** Shared memory in which the worker says what it runs right now, so that one that blocks the thread is known by name. */
export interface WorkerMark {
  /** Id of the request that runs synchronously; 0 between them. */
  readonly id: Int32Array;
  /** When it began: milliseconds since 1970, monotonic. */
  readonly since: Float64Array;
}

export const markBytes = 16;

export const markOf = (memory: SharedArrayBuffer): WorkerMark => ({
  id: new Int32Array(memory, 0, 1),
  since: new Float64Array(memory, 8, 1),
});
