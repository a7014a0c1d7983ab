import { collectorsPage } from './pages/collectors-page.ts';
import { commandsPage } from './pages/commands-page.ts';
import { bashCompletion, zshCompletion } from './pages/completion-scripts.ts';
import { errorsPage } from './pages/errors-page.ts';
import { locationExample } from './pages/location-example.ts';
import { locationSchema } from './pages/location-schema.ts';
import { masterMetricsPage } from './pages/master-metrics-page.ts';
import { opcodesPage } from './pages/opcodes-page.ts';
import { pluginManifestSchema, pluginReportSchema } from './pages/plugin-schemas.ts';

/** Pages that are made from the source, by their path. */
export const generatedPages: Readonly<Record<string, () => string>> = {
  'docs/errors.md': errorsPage,
  'docs/monitoring-collectors.md': collectorsPage,
  'docs/master-metrics.md': masterMetricsPage,
  'docs/opcodes.md': opcodesPage,
  'docs/commands.md': commandsPage,
  'docs/location.schema.json': locationSchema,
  'docs/monitor-plugin-manifest.schema.json': pluginManifestSchema,
  'docs/monitor-plugin-report.schema.json': pluginReportSchema,
  'src/cli/completion/scripts/gantry.bash': bashCompletion,
  'src/cli/completion/scripts/gantry.zsh': zshCompletion,
  'docs/examples/location/before-and-after.svg': locationExample,
};
