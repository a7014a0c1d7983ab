import { collectorCatalogue } from './collector-catalogue.ts';
import type { PluginChecks } from './plugins/check-plugins.ts';
import { ownFamilies } from './server/own-metrics.ts';

/** Asks plugins once, as an agent with all built-in collectors would. @param path - a folder, or one file of it */
export async function checkPlugins(path: string, settings: string): Promise<PluginChecks> {
  // Needs the libraries for schemas and YAML, which the agent itself does without.
  const { checkPluginsOnce } = await import('./plugins/check-plugins.ts');
  return checkPluginsOnce(path, settings, {
    names: collectorCatalogue.map(({ name }) => name),
    families: [...collectorCatalogue.flatMap(({ metrics }) => metrics), ...ownFamilies].map(({ name }) => name),
  });
}
