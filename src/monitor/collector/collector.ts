import type { Emit, FamilySamples, Json, MetricFamily } from '../../base/index.ts';
import type { CollectorContext } from './collector-context.ts';

/** Ganeti's categories; `null` is shown as `default` in paths and lists. */
export type CollectorCategory = 'instance' | 'storage' | 'daemon' | 'hypervisor' | 'node' | null;

/** Ganeti's 0 and 1. A status report holds `status: { code, message }` in its data: 0 good, 1 being repaired, 2 unknown, 4 bad. */
export type CollectorKind = 'performance' | 'status';

/** One collection; it must be finished when the signal aborts. */
export interface CollectRun {
  readonly signal: AbortSignal;
  /** Name of the program that is set for a collector which runs one of several. */
  readonly command?: string | undefined;
}

/** Returns the `data` of the report. Throws when there is nothing to report; the last good value is kept then. */
export type Collect<Data> = (run: CollectRun) => Data | Promise<Data>;

/** The description of a collector; it is sent between threads. */
export interface CollectorFacts {
  readonly name: string;
  readonly category: CollectorCategory;
  readonly kind: CollectorKind;
  /** `B` for what is built in, as Ganeti has it; a plugin has its own. */
  readonly version: string;
  readonly formatVersion: number;
  /** One sentence for the documentation. */
  readonly help: string;
  /** Seconds between two collections unless configured. */
  readonly interval: number;
  /** Seconds; a collection that takes longer has failed. */
  readonly timeout: number;
  /**
   * Longest interval, in seconds, to which the scheduler may increase it when the data do not change or are expensive. Absent:
   * the interval never changes, because averages need this.
   */
  readonly longestInterval?: number;
  /** Bytes of JSON above which a report is refused as a flood; 1 MiB unless given. */
  readonly largestReport?: number;
  readonly metrics: readonly MetricFamily[];
  /**
   * For a collector that can be added and removed while the agent runs: a new value means a different collector of the same name.
   */
  readonly revision?: string;
  /** It exists only to report why it is not run. */
  readonly refused?: boolean;
}

/** One source of facts. It runs in the worker thread from `start` on. */
export interface Collector<Data = Json> extends CollectorFacts {
  /** Turns the data of a report into samples. A function of its argument alone. */
  measure(data: Data, emit: Emit): void;
  /**
   * The part of a report that must differ for the report to count as changed, if not the whole report: for example without an
   * uptime. As JSON. A function of its argument alone.
   */
  essence?(data: Data): unknown;
  /** Samples whose families come with the report, beside those of `measure`. A function of its argument alone. */
  expose?(data: Data): readonly FamilySamples[];
  /**
   * Called once in the life of a worker thread. State between collections lives in the closure; a worker that had to be
   * replaced starts again from here. Must not read anything yet.
   */
  start(context: CollectorContext): Collect<Data>;
}
