import { stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { metricsPage } from '../../base/index.ts';
import { type Confinement, findConfinement, type ProcessGroups } from '../../host/index.ts';
import { createCollection } from '../host/create-collection.ts';
import { fromJsonBytes } from '../host/json-bytes.ts';
import { monotonicNow } from '../host/monotonic-now.ts';
import { createPluginCollector, createReader } from './create-plugin-collector.ts';
import { createMetricOwners } from './expose-plugin.ts';
import { groupLimits, openPluginCgroups, pluginCommand, userOf } from './plugin-confinement.ts';
import type { FoundPlugin } from './plugin-definition.ts';
import { createSettingsSource } from './plugin-settings-source.ts';
import { problemText } from './problem-text.ts';
import { type PluginFolder, scanPlugins } from './scan-plugins.ts';

/** The result of asking a plugin once. */
export interface PluginCheck {
  readonly name: string;
  readonly path: string;
  /** Why it cannot be used, or (if `source` is set) what failed when it was asked. */
  readonly problem?: string;
  readonly source?: string;
  readonly mode?: string;
  /** Seconds between reports, and those that this one took. */
  readonly interval?: number;
  readonly seconds?: number;
  readonly user?: string;
  /** The whole command, with what confines it. */
  readonly command?: readonly string[];
  /** Data as the agent would serve them, and as Prometheus would read them. */
  readonly data?: unknown;
  readonly metrics?: string;
  readonly stderr?: string;
}

export interface PluginChecks {
  readonly plugins: readonly PluginCheck[];
  /** What programs are not kept from on this host. */
  readonly unconfined: readonly string[];
}

/** The agent's own names and families, which plugins must not have. */
interface Reserved {
  readonly names: readonly string[];
  readonly families: readonly string[];
}

/**
 * Asks each plugin once, as the agent would.
 * @param path - a folder, or one file of it: the plugin or its manifest
 * @throws the system's error when there is no such file
 */
export async function checkPluginsOnce(path: string, settings: string, { names, families }: Reserved): Promise<PluginChecks> {
  const whole = (await stat(path)).isDirectory();
  const directory = resolve(whole ? path : dirname(path));
  const current = await createSettingsSource(resolve(settings))();
  const folder: PluginFolder = { directory, reserved: names };
  const found = await scanPlugins(folder, current, whole ? undefined : basename(path, extname(path)));
  const confinement = await findConfinement();
  const cgroups = openPluginCgroups();
  const owners = createMetricOwners(families);
  const plugins: PluginCheck[] = [];
  try {
    for (const one of found) plugins.push(await checkOne(one, { confinement, cgroups, owners }));
  } finally {
    cgroups.close();
  }
  return { plugins, unconfined: [...confinement.missing, ...(cgroups.missing === undefined ? [] : [cgroups.missing])] };
}

interface Tools {
  readonly confinement: Confinement;
  readonly cgroups: ProcessGroups;
  readonly owners: ReturnType<typeof createMetricOwners>;
}

async function checkOne(found: FoundPlugin, { confinement, cgroups, owners }: Tools): Promise<PluginCheck> {
  const { definition, path, problem } = found;
  if (!definition) return { name: found.name ?? basename(path), path, problem: problem ? problemText(problem) : '' };
  const { name, source, manifest } = definition;
  const program = source === 'program';
  const cgroup = program ? cgroups.make(name, groupLimits(definition, confinement)) : undefined;
  const reader = createReader({ definition, confinement, cgroup, now: monotonicNow });
  const collector = createPluginCollector({ ...found, name }, reader, owners);
  const collection = createCollection({ root: '' }, () => ({ take: () => fail(), drop: () => undefined }));
  const outcome = await collection.collect(collector, manifest.timeout * 1000);
  const user = program ? userOf(definition, confinement) : undefined;
  const facts = { name, path: definition.path, source, mode: manifest.mode, interval: manifest.interval, stderr: reader.stderr };
  reader.close();
  cgroup?.remove();
  const how = { ...facts, ...(user !== undefined && { user }), ...(program && { command: pluginCommand(definition, confinement) }) };
  if (!outcome.ok) return { ...how, problem: outcome.problem };
  const { data, exposed, cost } = outcome;
  return { ...how, seconds: cost / 1000, data: fromJsonBytes(data), metrics: metricsPage('text', [], exposed) };
}

const fail = (): never => {
  throw new TypeError('plugins keep no history');
};
