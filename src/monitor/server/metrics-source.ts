import { createSampler, type FamilySamples, formatSamples, type MetricsFormat, metricsPage } from '../../base/index.ts';
import type { Collector } from '../collector/collector.ts';
import { fromJsonBytes } from '../host/json-bytes.ts';
import { messageOf } from '../host/message-of.ts';
import type { CachedReport, ReportCache } from '../scheduler/report-cache.ts';
import { type AgentFacts, measureOwn, ownFamilies } from './own-metrics.ts';

/** Samples of a collector in trouble are shown for so long (ms), as Prometheus itself holds on to a sample that is not followed. */
const longestStale = 300_000;

/** A page is kept for so long (ms) at most, since it tells of the agent itself: any number of readers costs as much as a few. */
const longestKept = 1000;

export interface MetricsParts {
  readonly cache: ReportCache;
  /** Those that measure the data of their reports themselves; the samples of others come with the reports. */
  readonly collectors: readonly Collector<unknown>[];
  readonly agent: () => AgentFacts;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** The page for Prometheus, made of what the collectors left: of each report once, and only when somebody asks. */
export function metricsSource({ cache, collectors, agent, now }: MetricsParts): (format: MetricsFormat) => Buffer {
  const kept = new Map<MetricsFormat, { readonly version: number; readonly validUntil: number; readonly page: Buffer }>();
  const sources = new Map(collectors.map((collector) => [collector.name, sampleSource(collector)]));

  /** A collector whose data cannot be converted must not break the page for all others. */
  const measured = (report: CachedReport): readonly FamilySamples[] => {
    const { name } = report.collector;
    try {
      return sources.get(name)?.(report) ?? [];
    } catch (error) {
      cache.storeTrouble(name, { failure: 'failed', problem: messageOf(error), attempts: 1 });
      return [];
    }
  };

  const samplesOf = (report: CachedReport): readonly FamilySamples[] => [...measured(report), ...report.exposed];

  const make = (format: MetricsFormat, shown: readonly CachedReport[]): Buffer => {
    const pages = shown.map((report) => metricsPage(format, report.collector.metrics, samplesOf(report)));
    const own = formatSamples(
      { name: 'the agent', metrics: ownFamilies, measure: measureOwn },
      { reports: cache.reports(), agent: agent() },
    );
    return Buffer.from([...pages, metricsPage(format, ownFamilies, own), format === 'openmetrics' ? '# EOF\n' : ''].join(''));
  };

  return (format) => {
    const last = kept.get(format);
    if (last && last.version === cache.version && now() < last.validUntil) return last.page;
    const { version } = cache;
    const shown = cache.reports().filter((report) => now() < staleAt(report));
    const page = make(format, shown);
    kept.set(format, { version, validUntil: Math.min(now() + longestKept, ...shown.map(staleAt)), page });
    return page;
  };
}

/** Measures a report when it is another one than before. */
function sampleSource(collector: Collector<unknown>): (report: CachedReport) => readonly FamilySamples[] {
  const sample = createSampler(collector);
  let measuredAt: number | undefined;
  let samples: readonly FamilySamples[] = [];
  return ({ collectedAt, data }) => {
    if (collectedAt === undefined || collectedAt === measuredAt) return samples;
    measuredAt = collectedAt;
    samples = [];
    samples = sample(fromJsonBytes(data));
    return samples;
  };
}

const staleAt = ({ trouble, collectedAt }: CachedReport): number =>
  trouble && collectedAt !== undefined ? collectedAt + longestStale : Number.POSITIVE_INFINITY;
