import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { checkPlugins } from './check-plugins.ts';
import type { OnceReport } from './collect-once.ts';
import type { CollectorFacts } from './collector/collector.ts';
import { collectorCatalogue } from './collector-catalogue.ts';
import { toJsonBytes } from './host/json-bytes.ts';
import { monotonicNow } from './host/monotonic-now.ts';
import { pluginsFacts } from './plugins/plugins-collector.ts';
import type { PluginOptions } from './plugins/start-plugins.ts';
import { createReportCache, jsonOf } from './scheduler/report-cache.ts';

/** A plugin as its manifest has it; nothing of it was run. */
export interface HostPlugin {
  readonly name: string;
  readonly path: string;
  readonly category: string | null;
  readonly kind: CollectorFacts['kind'];
  /** Seconds. */
  readonly interval: number;
  readonly help: string;
  /** Why it is not run. */
  readonly problem?: string;
}

/** The plugins of a folder; of one that is not there none. */
export async function listPlugins(options: PluginOptions): Promise<readonly HostPlugin[]> {
  const { defaultManifest } = await import('./plugins/read-manifest.ts');
  return (await scan(options)).map(({ name, path, manifest = defaultManifest, problem }) => {
    const { category, kind, interval, help } = manifest;
    const told = { name: name ?? parse(path).base, path, category, kind, interval, help };
    return problem ? { ...told, problem: problem.message } : told;
  });
}

/** One report of a plugin; undefined when there is none of that name. @throws Error with what is wrong with it */
export async function collectPlugin(name: string, options: PluginOptions): Promise<OnceReport | undefined> {
  const files = await readdir(options.directory).catch(() => []);
  const file = files.find((one) => parse(one).name === name);
  const found = file === undefined ? undefined : (await scan(options, name)).find((one) => one.name === name);
  if (!found || file === undefined) return undefined;
  const [check] = (await checkPlugins(join(options.directory, file), options.settings)).plugins;
  if (!check || check.problem !== undefined || !found.manifest) throw new Error(check?.problem ?? 'it was removed');
  const { category, kind, version, interval, timeout, help } = found.manifest;
  const facts = {
    name,
    category: category as CollectorFacts['category'],
    kind,
    version,
    formatVersion: 1,
    interval,
    timeout,
    help,
    metrics: [],
  };
  const cache = createReportCache([facts], { now: monotonicNow, wallTime: Date.now });
  cache.storeGood(name, toJsonBytes(JSON.stringify(check.data)), [], (check.seconds ?? 0) * 1000);
  return { report: String(cache.reports().map(jsonOf)), metrics: check.metrics ?? '' };
}

async function scan({ directory, settings }: PluginOptions, only?: string) {
  // Needs the libraries for schemas and YAML, which the agent itself does without.
  const { scanPlugins } = await import('./plugins/scan-plugins.ts');
  const { createSettingsSource } = await import('./plugins/plugin-settings-source.ts');
  const reserved = [...collectorCatalogue, pluginsFacts].map(({ name }) => name);
  return scanPlugins({ directory, reserved }, await createSettingsSource(settings)(), only);
}
