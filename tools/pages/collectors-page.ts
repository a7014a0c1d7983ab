import { endings } from '../../src/base/index.ts';
import { collectorCatalogue } from '../../src/monitor/index.ts';
import { pluginsFacts } from '../../src/monitor/plugins/plugins-collector.ts';

/** docs/monitoring-collectors.md: every collector of the monitoring agent with its metrics. */
export function collectorsPage(): string {
  const sections = [...collectorCatalogue, pluginsFacts].map((collector) => {
    const { name, category, kind, interval, longestInterval, timeout, metrics } = collector;
    const pace = longestInterval === undefined ? `every ${interval} s` : `every ${interval} to ${longestInterval} s`;
    const rows = metrics.map(({ name: metric, type, help, labels = [] }) => {
      const shown = labels.map((label) => `\`${label}\``).join(', ');
      return `| \`${metric}${endings[type]}\` | ${type} | ${shown} | ${help} |`;
    });
    const table = rows.length > 0 ? `\n\n| metric | type | labels | what |\n|---|---|---|---|\n${rows.join('\n')}` : '';
    return `## ${name}\n\n${collector.help} Category \`${category ?? 'default'}\`, ${kind}; ${pace}, at most ${timeout} s each.${table}`;
  });
  return `# Collectors and metrics\n\nGenerated from the source by \`tools/generate-docs.ts\`. Reports: \`/2/report/CATEGORY/COLLECTOR\`; metrics: \`/metrics\`. Each plugin of a node is a collector, too; its manifest describes it, see [plugins](guides/monitor-plugins.md). Start with [monitoring](monitoring.md).\n\n${sections.join('\n\n')}\n`;
}
