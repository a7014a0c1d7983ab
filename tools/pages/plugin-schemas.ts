import { ManifestSchema, ReportSchema } from '../../src/monitor/plugins/plugin-schemas.ts';

const page = (title: string, schema: object): string =>
  `${JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', title, ...schema }, undefined, 2)}\n`;

/** `docs/monitor-plugin-manifest.schema.json`: what may stand beside a plugin, for editors. */
export const pluginManifestSchema = (): string => page('Manifest of a plugin of gantry monitor', ManifestSchema);

/** `docs/monitor-plugin-report.schema.json`: what a plugin prints. */
export const pluginReportSchema = (): string => page('Report of a plugin of gantry monitor', ReportSchema);
