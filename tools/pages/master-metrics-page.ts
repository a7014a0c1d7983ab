import { requestFamilies } from '../../src/api/index.ts';
import { endings, type MetricFamily } from '../../src/base/index.ts';
import { masterFamilies } from '../../src/cluster/index.ts';

/** docs/master-metrics.md: every metric of a master. */
export function masterMetricsPage(): string {
  const families: readonly MetricFamily[] = [...masterFamilies, ...requestFamilies];
  const rows = families.map(({ name, type, help, labels = [] }) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}${endings[type]}\` | ${type} | ${shown} | ${help} |`;
  });
  return `# Metrics of the master\n\nGenerated from the source by \`tools/generate-docs.ts\`. \`GET /metrics\` of the REST API serves them; [observability](observability.md) describes how to read them. A histogram has the samples \`_bucket\`, \`_sum\` and \`_count\`.\n\n| metric | type | labels | what |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}
