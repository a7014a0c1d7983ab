import type { TSchema } from 'typebox';
import { Default } from 'typebox/value';
import { GantryError } from '../../base/index.ts';
import { ownLabels } from './label-names.ts';
import { readPluginFile } from './plugin-file.ts';
import { type Manifest, ManifestSchema, misfit, type PluginSettings, SettingsSchema } from './plugin-schemas.ts';

const largestManifest = 64 * 1024;

export const defaultManifest = Default(ManifestSchema, {}) as Manifest;

/** @param real - where it lies, without links @throws MONITOR_PLUGIN_MANIFEST_INVALID */
export async function readManifest(path: string, real: string): Promise<Manifest> {
  const manifest = (await readFilled(ManifestSchema, path, real, 'MONITOR_PLUGIN_MANIFEST_INVALID')) as Manifest;
  const problem = problemWithMetrics(manifest);
  if (problem !== undefined) throw new GantryError('MONITOR_PLUGIN_MANIFEST_INVALID', { path, problem });
  return manifest;
}

/** @param real - where it lies, without links @throws MONITOR_PLUGIN_SETTINGS_INVALID */
export async function readPluginSettings(path: string, real: string): Promise<PluginSettings> {
  return (await readFilled(SettingsSchema, path, real, 'MONITOR_PLUGIN_SETTINGS_INVALID')) as PluginSettings;
}

async function readFilled(
  schema: TSchema,
  path: string,
  real: string,
  code: 'MONITOR_PLUGIN_MANIFEST_INVALID' | 'MONITOR_PLUGIN_SETTINGS_INVALID',
): Promise<unknown> {
  let value: unknown;
  try {
    const { text } = await readPluginFile(real, largestManifest);
    // Loaded where there is a manifest only. JSON is YAML, too.
    const { parse } = await import('yaml');
    value = parse(text, { maxAliasCount: 0 }) ?? {};
  } catch (error) {
    throw new GantryError(code, { path, problem: (error as Error).message.split('\n', 1)[0] ?? '' }, { cause: error });
  }
  const problem = misfit(schema, value);
  if (problem !== undefined) throw new GantryError(code, { path, problem });
  return Default(schema, value);
}

function problemWithMetrics({ metrics = [] }: Manifest): string | undefined {
  const names = new Set<string>();
  for (const { name, unit, labels } of metrics) {
    if (/_(total|info|bucket|sum|count|created)$/.test(name)) return `the metric ${name} has an ending that Prometheus adds automatically`;
    if (unit !== undefined && !name.endsWith(`_${unit}`)) return `the metric ${name} does not end with its unit, _${unit}`;
    if (names.has(name)) return `the metric ${name} occurs twice`;
    const owned = labels.find((label) => Object.hasOwn(ownLabels, label));
    if (owned !== undefined) return `the metric ${name} has the label ${owned}, which only parts of a ${ownLabels[owned]} have`;
    names.add(name);
  }
  return undefined;
}
