import type { Collector } from '../collector/collector.ts';
import type { FamilySamples } from './collect-request.ts';

/** Escapes as the text format of OpenMetrics wants it. */
const escapeLabel = (value: string): string => value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));

/** Samples of a collector's data as lines of OpenMetrics, by family in the declared order. */
export function formatSamples(collector: Collector<unknown>, data: unknown): FamilySamples[] {
  const texts = new Map(collector.metrics.map((family) => [family.name, '']));
  const families = new Map(collector.metrics.map((family) => [family.name, family]));
  collector.measure(data, (name, value, ...labelValues) => {
    const family = families.get(name);
    if (!family) throw new TypeError(`${collector.name} gives samples of ${name}, which it does not declare`);
    const labels = (family.labels ?? []).map((label, i) => `${label}="${escapeLabel(labelValues[i] ?? '')}"`);
    const ending = family.type === 'counter' ? '_total' : family.type === 'info' ? '_info' : '';
    const shown = labels.length > 0 ? `{${labels.join(',')}}` : '';
    texts.set(name, `${texts.get(name)}${name}${ending}${shown} ${value}\n`);
  });
  return [...texts].map(([family, text]) => ({ family, text }));
}
