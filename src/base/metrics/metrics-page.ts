import type { FamilyHead, FamilySamples, MetricFamily } from './metric-family.ts';

/** Names by which Prometheus asks for them. */
export type MetricsFormat = 'openmetrics' | 'text';

export const metricsTypes: Readonly<Record<MetricsFormat, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
};

/** The format that an `Accept` header prefers; the older text for those who have no preference, such as people. */
export function metricsFormat(accept: string | undefined): MetricsFormat {
  let open = 0;
  let text = 0;
  for (const part of (accept ?? '').split(',')) {
    const [type = '', ...params] = part.split(';').map((word) => word.trim().toLowerCase());
    const quality = Number(params.find((param) => param.startsWith('q='))?.slice(2) ?? 1);
    if (type === 'application/openmetrics-text' && !params.some((param) => /^version=(?!1\.0\.0|0\.0\.1)/.test(param))) {
      open = Math.max(open, quality);
    } else if (type === 'text/plain') {
      text = Math.max(text, quality);
    }
  }
  return open > 0 && open >= text ? 'openmetrics' : 'text';
}

const escapeHelp = (text: string): string => text.replace(/[\\\n]/g, (char) => (char === '\n' ? '\\n' : '\\\\'));

/** Families with their samples as one page, without the `# EOF` of OpenMetrics. Families without samples are left out. */
export function metricsPage(format: MetricsFormat, families: readonly MetricFamily[], samples: readonly FamilySamples[]): string {
  const texts = new Map(samples.map(({ family, text }) => [family, text]));
  let page = '';
  for (const family of [...families, ...samples.flatMap(({ head: own }) => own ?? [])]) {
    const text = texts.get(family.name) ?? '';
    if (text !== '') page += head(format, family) + text;
  }
  return page;
}

/** OpenMetrics names a family without the ending of its samples and knows units; the older text does neither. */
function head(format: MetricsFormat, { name, type, unit, help }: FamilyHead): string {
  if (format === 'openmetrics') {
    const unitLine = unit ? `# UNIT ${name} ${unit}\n` : '';
    return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${escapeHelp(help).replaceAll('"', '\\"')}\n`;
  }
  const full = type === 'counter' ? `${name}_total` : type === 'info' ? `${name}_info` : name;
  const older = type === 'info' ? 'gauge' : type === 'unknown' ? 'untyped' : type;
  return `# HELP ${full} ${escapeHelp(help)}\n# TYPE ${full} ${older}\n`;
}
