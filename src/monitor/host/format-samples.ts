import type { Collector } from '../collector/collector.ts';
import type { FamilySamples } from '../collector/metric-family.ts';

/** Escapes as the text format of OpenMetrics wants it. */
const escapeLabel = (value: string): string => value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));

export const formatNumber = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';

/** Labels with their values as they stand in a line; '' when there are none. */
export function formatLabels(labels: readonly (readonly [name: string, value: string])[]): string {
  return labels.length === 0 ? '' : `{${labels.map(([label, value]) => `${label}="${escapeLabel(value)}"`).join(',')}}`;
}

export const endings = { counter: '_total', info: '_info', gauge: '' } as const;

/**
 * Samples of a collector's data as lines of OpenMetrics, by family in the declared order. Of two samples with the same
 * labels the first stands: Prometheus would refuse the whole page, with the samples of all other collectors.
 */
export function formatSamples<Data>(collector: Pick<Collector<Data>, 'name' | 'metrics' | 'measure'>, data: Data): FamilySamples[] {
  const pages = new Map(collector.metrics.map((family) => [family.name, { family, lines: new Map<string, string>() }]));
  collector.measure(data, (name, value, ...labelValues) => {
    const page = pages.get(name);
    if (!page) throw new TypeError(`${collector.name} gives samples of ${name}, which it does not declare`);
    const { family, lines } = page;
    const shown = formatLabels((family.labels ?? []).map((label, i) => [label, labelValues[i] ?? '']));
    if (!lines.has(shown)) lines.set(shown, `${name}${endings[family.type]}${shown} ${formatNumber(value)}\n`);
  });
  return [...pages].map(([family, { lines }]) => ({ family, text: [...lines.values()].join('') }));
}
