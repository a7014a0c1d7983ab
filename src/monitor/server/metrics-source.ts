import { formatSamples } from '../host/format-samples.ts';
import type { CachedReport, ReportCache } from '../scheduler/report-cache.ts';
import { type MetricsFormat, metricsPage } from './metrics-page.ts';
import { type AgentFacts, measureOwn, ownFamilies } from './own-metrics.ts';

/** Samples of a collector in trouble are shown for so long (ms), as Prometheus itself holds on to a sample that is not followed. */
const longestStale = 300_000;

/** The page for Prometheus. What the collectors left is put together once after each change. */
export function metricsSource(cache: ReportCache, agent: () => AgentFacts, now: () => number): (format: MetricsFormat) => Buffer {
  const kept = new Map<MetricsFormat, { readonly version: number; readonly validUntil: number; readonly page: Buffer }>();

  const collected = (format: MetricsFormat): Buffer => {
    const last = kept.get(format);
    if (last && last.version === cache.version && now() < last.validUntil) return last.page;
    const shown = cache.reports().filter((report) => now() < staleAt(report));
    const page = Buffer.from(shown.map(({ collector, samples }) => metricsPage(format, collector.metrics, samples)).join(''));
    kept.set(format, { version: cache.version, validUntil: Math.min(...shown.map(staleAt)), page });
    return page;
  };

  return (format) => {
    const own = formatSamples(
      { name: 'the agent', metrics: ownFamilies, measure: measureOwn },
      { reports: cache.reports(), agent: agent() },
    );
    const end = format === 'openmetrics' ? '# EOF\n' : '';
    return Buffer.concat([collected(format), Buffer.from(metricsPage(format, ownFamilies, own) + end)]);
  };
}

const staleAt = ({ trouble, collectedAt }: CachedReport): number =>
  trouble && collectedAt !== undefined ? collectedAt + longestStale : Number.POSITIVE_INFINITY;
