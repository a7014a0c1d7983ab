import { createSampler, type Emit, type MetricSource, type MetricsFormat, metricsPage as pageOf } from '../../base/index.ts';

/** A page is kept for so long, ms: any number of readers costs as much as one a second. */
const keptMs = 1000;

/** The page for Prometheus of everything that these count. @param now monotonic milliseconds */
export function metricsPage(
  sources: readonly MetricSource[],
  now: () => number = () => performance.now(),
): (format: MetricsFormat) => Buffer {
  const families = sources.flatMap((source) => source.families);
  const measure = (_: null, emit: Emit) => {
    for (const source of sources) source.measure(emit);
  };
  const sample = createSampler({ name: 'the master', metrics: families, measure });
  const kept = new Map<MetricsFormat, { readonly page: Buffer; readonly until: number }>();
  return (format) => {
    const known = kept.get(format);
    if (known && now() < known.until) return known.page;
    const page = Buffer.from(pageOf(format, families, sample(null)) + (format === 'openmetrics' ? '# EOF\n' : ''));
    kept.set(format, { page, until: now() + keptMs });
    return page;
  };
}
