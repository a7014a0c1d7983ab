import { existsSync } from 'node:fs';
import { collectorCatalogue } from './collector-catalogue.ts';
import type { PluginChecks } from './plugins/check-plugins.ts';
import { namesOfFamily } from './plugins/family-names.ts';
import { pluginsFacts } from './plugins/plugins-collector.ts';
import { ownFamilies } from './server/own-metrics.ts';

/** Reads the operator's file on plugins, if there is one. @throws MONITOR_PLUGIN_SETTINGS_INVALID, MONITOR_PLUGIN_USER_ROOT, MONITOR_PLUGIN_UNSAFE */
export async function checkPluginSettings(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const { requirePluginSettings } = await import('./plugins/plugin-settings-source.ts');
  await requirePluginSettings(path);
}

/** Asks plugins once, as an agent with all built-in collectors would. @param path - a folder, or one file of it */
export async function checkPlugins(path: string, settings: string): Promise<PluginChecks> {
  // Needs the libraries for schemas and YAML, which the agent itself does without.
  const { checkPluginsOnce } = await import('./plugins/check-plugins.ts');
  return checkPluginsOnce(path, settings, {
    names: [...collectorCatalogue, pluginsFacts].map(({ name }) => name),
    families: [...[...collectorCatalogue, pluginsFacts].flatMap(({ metrics }) => metrics), ...ownFamilies].flatMap(namesOfFamily),
  });
}
