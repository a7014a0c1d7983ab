import type { Histogram } from './histogram.ts';

/** One family of OpenMetrics. Its samples come from the `measure` of whoever declares it. */
export interface MetricFamily {
  /** With the unit as its ending (`_seconds`, `_bytes`, `_ratio`); a counter's `_total` is added in the text. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'info' | 'histogram';
  readonly unit?: 'seconds' | 'bytes' | 'ratio' | 'celsius' | 'volts';
  readonly help: string;
  /** In the order in which `emit` takes their values. Only names with few values: a disk, a core, an instance. */
  readonly labels?: readonly string[];
}

/** Gives one sample: the family by its name, the value, and the values of its labels in their order. */
export type Emit = (family: string, value: number | Histogram, ...labelValues: readonly string[]) => void;

/** Lines of samples of one family. */
export interface FamilySamples {
  readonly family: string;
  readonly text: string;
  /** Of a family that its collector does not declare, since it comes with the report. */
  readonly head?: FamilyHead;
}

/** How a family begins on the page: also of those types that only others' families have. */
export interface FamilyHead {
  readonly name: string;
  readonly type: MetricFamily['type'] | 'summary' | 'unknown';
  readonly unit?: string;
  readonly help: string;
}

/** What a part of a program counts, and how it tells it. */
export interface MetricSource {
  readonly families: readonly MetricFamily[];
  measure(emit: Emit): void;
}
