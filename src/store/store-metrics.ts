import { createHistogram, type Emit, type MetricFamily, type MetricSource, shortSeconds } from '../base/index.ts';

const operations = ['get', 'range', 'transact'] as const;
export type StoreOperation = (typeof operations)[number];
const outcomes = ['committed', 'conflict', 'failed'] as const;
export type StoreOutcome = (typeof outcomes)[number];

const transactions = {
  name: 'gantry_store_transactions',
  type: 'counter',
  help: 'Transactions of this master: committed; not applied, since something had changed (conflict); failed.',
  labels: ['outcome'],
} as const satisfies MetricFamily;
const failures = {
  name: 'gantry_store_failures',
  type: 'counter',
  help: 'Operations of the store that failed, such as while it cannot be reached.',
  labels: ['operation'],
} as const satisfies MetricFamily;
const duration = {
  name: 'gantry_store_operation_duration_seconds',
  type: 'histogram',
  unit: 'seconds',
  help: 'How long operations of the store took.',
  labels: ['operation'],
} as const satisfies MetricFamily;
const watchDelay = {
  name: 'gantry_store_watch_delay_seconds',
  type: 'histogram',
  unit: 'seconds',
  help: 'Time from the commit of a change by this master to its arrival in the watch that keeps its configuration current.',
} as const satisfies MetricFamily;
const size = {
  name: 'gantry_store_size_bytes',
  type: 'gauge',
  unit: 'bytes',
  help: 'Size of the SQLite file of the store; etcd tells its own.',
} as const satisfies MetricFamily;

export const storeFamilies: readonly MetricFamily[] = [transactions, failures, duration, watchDelay, size];

/** Commits that are remembered until the watch brings them. A power of two. */
const remembered = 1024;

/** Counts what a master does with its store, over all its terms. */
export class StoreMetrics implements MetricSource {
  readonly families = storeFamilies;
  readonly #ends = new Float64Array(outcomes.length);
  readonly #took = operations.map(() => createHistogram(shortSeconds));
  readonly #failed = new Float64Array(operations.length);
  readonly #watchDelay = createHistogram(shortSeconds);
  readonly #revisions = new Float64Array(remembered);
  readonly #times = new Float64Array(remembered);
  #size: (() => number | undefined) | undefined;

  /** @param size of the store of the present term, bytes */
  follow(size: (() => number | undefined) | undefined): void {
    this.#size = size;
  }

  ended(operation: StoreOperation, seconds: number, hasFailed: boolean): void {
    const place = operations.indexOf(operation);
    this.#took[place]?.observe(seconds);
    if (hasFailed) this.#failed[place] = (this.#failed[place] as number) + 1;
  }

  transacted(outcome: StoreOutcome): void {
    const place = outcomes.indexOf(outcome);
    this.#ends[place] = (this.#ends[place] as number) + 1;
  }

  /** @param now monotonic milliseconds */
  committed(revision: number, now: number): void {
    const place = revision % remembered;
    this.#revisions[place] = revision;
    this.#times[place] = now;
  }

  arrived(revision: number, now: number): void {
    const place = revision % remembered;
    if (this.#revisions[place] !== revision) return;
    this.#revisions[place] = 0;
    this.#watchDelay.observe((now - (this.#times[place] as number)) / 1000);
  }

  measure(emit: Emit): void {
    for (const [place, outcome] of outcomes.entries()) emit(transactions.name, this.#ends[place] as number, outcome);
    for (const [place, operation] of operations.entries()) {
      emit(failures.name, this.#failed[place] as number, operation);
      const took = this.#took[place];
      if (took) emit(duration.name, took, operation);
    }
    emit(watchDelay.name, this.#watchDelay);
    const bytes = this.#size?.();
    if (bytes !== undefined) emit(size.name, bytes);
  }
}
