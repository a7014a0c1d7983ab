import type { Histogram } from './histogram.ts';
import type { Emit, FamilySamples, MetricFamily } from './metric-family.ts';

/** Escapes as the text format of OpenMetrics wants it. */
const escapeLabel = (value: string): string => value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));

export const formatNumber = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';

/** Labels with their values as they stand in a line; '' when there are none. */
export function formatLabels(labels: readonly (readonly [name: string, value: string])[]): string {
  return labels.length === 0 ? '' : `{${labels.map(([label, value]) => `${label}="${escapeLabel(value)}"`).join(',')}}`;
}

export const endings = { counter: '_total', info: '_info', gauge: '', histogram: '' } as const;

/** What declares families and gives their samples. */
export interface Measured<Data> {
  /** For messages. */
  readonly name: string;
  readonly metrics: readonly MetricFamily[];
  measure(data: Data, emit: Emit): void;
}

/**
 * Turns the data of one collector into lines of OpenMetrics, by family in the declared order. It remembers the series of
 * the last time: a node has thousands, and from one collection to the next nothing changes but their values.
 */
export function createSampler<Data>({ name: collector, metrics, measure }: Measured<Data>): (data: Data) => FamilySamples[] {
  const tables = new Map(metrics.map((family) => [family.name, createTable(family)]));
  const emit: Emit = (family, value, ...labelValues) => {
    const table = tables.get(family);
    if (!table) throw new TypeError(`${collector} gives samples of ${family}, which it does not declare`);
    table.add(value, labelValues);
  };
  return (data) => {
    for (const table of tables.values()) table.begin();
    measure(data, emit);
    return [...tables].map(([family, table]) => ({ family, text: table.text() }));
  };
}

/** The lines of data that stand alone. */
export const formatSamples = <Data>(collector: Measured<Data>, data: Data): FamilySamples[] => createSampler(collector)(data);

interface Table {
  begin(): void;
  add(value: number | Histogram, labelValues: readonly string[]): void;
  text(): string;
}

const createTable = (family: MetricFamily): Table =>
  family.type === 'histogram' ? createHistogramTable(family) : createSeriesTable(family);

/** The series of a family of histograms. They are made anew each time: what counts them has few. */
function createHistogramTable({ name, labels = [] }: MetricFamily): Table {
  const lines = new Map<string, string>();
  return {
    begin: () => lines.clear(),
    add: (value, labelValues) => {
      if (typeof value === 'number') throw new TypeError(`a sample of ${name} is no histogram`);
      const own = labels.map((label, i) => [label, labelValues[i] ?? ''] as const);
      const key = formatLabels(own);
      if (!lines.has(key)) lines.set(key, histogramLines(name, own, key, value));
    },
    text: () => [...lines.values()].join(''),
  };
}

function histogramLines(
  name: string,
  own: readonly (readonly [string, string])[],
  key: string,
  { bounds, counts, sum }: Histogram,
): string {
  let text = '';
  let count = 0;
  for (const [i, inBucket] of counts.entries()) {
    count += inBucket;
    const bound = bounds[i];
    // Bounds are decimal fractions in OpenMetrics.
    const le = bound === undefined ? '+Inf' : Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
    text += `${name}_bucket${formatLabels([...own, ['le', le]])} ${count}\n`;
  }
  return `${text}${name}_sum${key} ${formatNumber(sum)}\n${name}_count${key} ${count}\n`;
}

/**
 * The series of one family in the order in which they came. Of two with the same labels the first stands: Prometheus
 * would refuse the whole page, with the samples of all other collectors.
 */
function createSeriesTable({ name, type, labels = [] }: MetricFamily): Table {
  const series: (readonly string[])[] = [];
  const values: number[] = [];
  /** Two for each series, what stands before the value and the value with the end of the line; '' both of a twin. */
  const parts: string[] = [];
  let [count, relabelled, revalued, text] = [0, false, false, ''];

  const relabel = () => {
    const seen = new Set<string>();
    for (const [place, labelValues] of series.entries()) {
      const start = `${name}${endings[type]}${formatLabels(labels.map((label, i) => [label, labelValues[i] ?? '']))} `;
      const isTwin = seen.has(start);
      seen.add(start);
      parts[place * 2] = isTwin ? '' : start;
      parts[place * 2 + 1] = isTwin ? '' : `${formatNumber(values[place] ?? Number.NaN)}\n`;
    }
  };

  return {
    begin: () => {
      count = 0;
    },
    add: (given, labelValues) => {
      // JSON knows no NaN.
      const value = typeof given === 'number' ? given : Number.NaN;
      const place = count++;
      if (!isSame(series[place], labelValues)) {
        series[place] = labelValues;
        relabelled = true;
      } else if (value !== values[place] && parts[place * 2] !== '') {
        parts[place * 2 + 1] = `${formatNumber(value)}\n`;
        revalued = true;
      }
      values[place] = value;
    },
    text: (): string => {
      if (count < series.length) {
        series.length = values.length = count;
        parts.length = count * 2;
        relabelled = true;
      }
      if (relabelled) relabel();
      if (relabelled || revalued) text = parts.join('');
      [relabelled, revalued] = [false, false];
      return text;
    },
  };
}

function isSame(known: readonly string[] | undefined, labelValues: readonly string[]): boolean {
  if (known?.length !== labelValues.length) return false;
  for (let i = 0; i < labelValues.length; i++) if (known[i] !== labelValues[i]) return false;
  return true;
}
