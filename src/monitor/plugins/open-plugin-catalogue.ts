import { type FSWatcher, watch } from 'node:fs';
import { GantryError } from '../../base/index.ts';
import { type Confinement, findConfinement, type ProcessGroup } from '../../host/index.ts';
import type { Collector } from '../collector/collector.ts';
import { messageOf } from '../host/message-of.ts';
import { monotonicNow } from '../host/monotonic-now.ts';
import type { OpenCatalogue } from '../host/run-collectors.ts';
import type { MonitorLog } from '../monitor-log.ts';
import { createPluginCollector, createReader } from './create-plugin-collector.ts';
import { createMetricOwners, type PluginData } from './expose-plugin.ts';
import { groupLimits, openPluginCgroups, userOf } from './plugin-confinement.ts';
import type { FoundPlugin } from './plugin-definition.ts';
import type { PluginReader } from './plugin-reader.ts';
import { createSettingsSource } from './plugin-settings-source.ts';
import { createPluginsCollector, type PluginsData } from './plugins-collector.ts';
import { problemText } from './problem-text.ts';
import { type PluginFolder, scanPlugins } from './scan-plugins.ts';

/** What the thread of plugins is given. */
export interface PluginThreadSettings extends PluginFolder {
  /** File of the operator with user and grants; there may be none. */
  readonly settings: string;
  /** Families of the agent's own collectors. */
  readonly families: readonly string[];
  /** Milliseconds between two looks at the folder, beside those that a change of it brings about. */
  readonly rescan: number;
}

/** Changes often come together: files are copied one after the other. */
const settleTime = 200;

interface Loaded {
  readonly found: FoundPlugin;
  readonly collector: Collector<PluginData> | undefined;
  readonly reader: PluginReader | undefined;
  readonly cgroup: ProcessGroup | undefined;
  series: number;
}

/** The plugins of a folder as collectors, kept as the folder is. Runs in a thread of its own. */
export const openPluginCatalogue = async (
  settings: PluginThreadSettings,
  announce: Parameters<OpenCatalogue>[1],
  log: MonitorLog,
): Promise<{ find(name: string): Collector<unknown> | undefined }> => {
  const confinement = await findConfinement();
  const cgroups = openPluginCgroups();
  const owners = createMetricOwners(settings.families);
  const unconfined = [...confinement.missing, ...(cgroups.missing === undefined ? [] : [cgroups.missing])];
  /** By name; those without one by path. */
  const loaded = new Map<string, Loaded>();
  const problems = new Map<string, string>();
  const currentSettings = createSettingsSource(settings.settings);

  const load = (found: FoundPlugin): Loaded => {
    const { name, definition } = found;
    const cgroup = definition?.source === 'program' ? cgroups.make(definition.name, groupLimits(definition, confinement)) : undefined;
    const reader = definition && createReader({ definition, confinement, cgroup, now: monotonicNow });
    const one: Loaded = { found, reader, cgroup, collector: undefined, series: 0 };
    if (name === undefined) return one;
    const made = createPluginCollector({ ...found, name }, reader, owners);
    const collector = {
      ...made,
      expose: (data: PluginData) => {
        const samples = made.expose?.(data) ?? [];
        loadedSeries(samples.reduce((sum, { text }) => sum + text.split('\n').length - 1, 0));
        return samples;
      },
    };
    const whole: Loaded = { ...one, collector };
    const loadedSeries = (series: number) => {
      whole.series = series;
    };
    return whole;
  };

  /** What cannot be made for a plugin, such as its control group, is the plugin's own trouble. */
  const loadOrRefuse = (found: FoundPlugin): Loaded => {
    try {
      return load(found);
    } catch (error) {
      const { definition: _definition, ...rest } = found;
      const { name = '' } = found;
      return load({
        ...rest,
        problem: new GantryError('MONITOR_PLUGIN_NOT_STARTED', { name, problem: messageOf(error) }, { cause: error }),
      });
    }
  };

  const unload = (key: string, { found, reader, cgroup }: Loaded) => {
    loaded.delete(key);
    reader?.close();
    cgroup?.remove();
    if (found.name !== undefined) owners.release(found.name);
  };

  const look = (): PluginsData =>
    describe({ directory: settings.directory, loaded: [...loaded.values()], unconfined, confinement, problems: [...problems.values()] });
  const own = createPluginsCollector(look);

  /**
   * A problem with the whole folder or the settings is logged when it begins, changes and ends. Meanwhile the previous state
   * stays active.
   */
  const note = (what: string, problem: string | undefined) => {
    if (problem === problems.get(what)) return;
    if (problem === undefined) {
      problems.delete(what);
      log('info', `${what} can be used again`);
    } else {
      problems.set(what, problem);
      log('warn', `${what} cannot be used`, { problem });
    }
  };

  const scan = async () => {
    let found: FoundPlugin[] = [];
    const current = await currentSettings();
    note('the settings of plugins', current.problem && problemText(current.problem));
    try {
      found = await scanPlugins(settings, current);
      note('the folder of plugins', undefined);
    } catch (error) {
      return note('the folder of plugins', `${settings.directory}: ${(error as Error).message}`);
    }
    const wanted = new Map(found.map((one) => [one.name ?? one.path, one]));
    let changed = false;
    const before = new Set(loaded.keys());
    for (const [key, one] of [...loaded]) {
      if (wanted.get(key)?.revision === one.found.revision) continue;
      changed = true;
      unload(key, one);
      if (!wanted.has(key)) log('info', 'a plugin was removed', { plugin: key });
    }
    for (const [key, one] of wanted) {
      if (loaded.has(key)) continue;
      changed = true;
      const now = loadOrRefuse(one);
      loaded.set(key, now);
      const { path, problem } = now.found;
      if (problem) log('warn', 'a plugin is refused', { plugin: key, path, problem: problemText(problem) });
      else log('info', before.has(key) ? 'a plugin has changed' : 'a plugin was added', { plugin: key, path });
    }
    if (changed) announceAll();
  };
  const announceAll = () => {
    const all = [own, ...[...loaded.values()].flatMap(({ collector }) => collector ?? [])];
    announce(all.map(({ measure: _measure, start: _start, expose: _expose, ...facts }) => facts));
  };

  await scan();
  announceAll();
  keepLooking(settings, scan);
  return { find: (name) => (name === own.name ? own : loaded.get(name)?.collector) as Collector<unknown> | undefined };
};

export const openCatalogue: OpenCatalogue = (given, announce, log) => openPluginCatalogue(given as PluginThreadSettings, announce, log);

/** Scans again when the folder changes, and at intervals, because changes of the targets of links are not reported. */
function keepLooking({ directory, rescan }: PluginThreadSettings, scan: () => Promise<void>): void {
  let watcher: FSWatcher | undefined;
  let soon: NodeJS.Timeout | undefined;
  let busy = Promise.resolve();
  const next = () => {
    busy = busy.then(scan).then(rewatch);
  };
  const rewatch = () => {
    if (watcher) return;
    try {
      watcher = watch(directory, { persistent: false }, () => {
        clearTimeout(soon);
        soon = setTimeout(next, settleTime);
      });
      const lost = () => {
        watcher?.close();
        watcher = undefined;
      };
      watcher.on('error', lost);
    } catch {
      // It is not there: the next look finds out whether it is.
      watcher = undefined;
    }
  };
  rewatch();
  setInterval(() => {
    // A folder that was removed and created again is a different folder for the watcher.
    watcher?.close();
    watcher = undefined;
    next();
  }, rescan).unref();
}

interface Described {
  readonly directory: string;
  readonly loaded: readonly Loaded[];
  readonly unconfined: readonly string[];
  readonly confinement: Confinement;
  /** Of the folder itself, and of the settings. */
  readonly problems: readonly string[];
}

function describe({ directory, loaded, unconfined, confinement, problems }: Described): PluginsData {
  const plugins = loaded.flatMap(({ found, reader, series }) => {
    const { name, path, definition } = found;
    if (name === undefined) return [];
    const { source, manifest } = definition ?? {};
    return [
      {
        name,
        path: definition?.path ?? path,
        ...(source && manifest && { source, mode: manifest.mode, interval: manifest.interval }),
        ...(definition && source === 'program' && { user: userOf(definition, confinement) ?? null, stderr: reader?.stderr ?? '' }),
        ...(found.problem && { problem: problemText(found.problem) }),
        series,
      },
    ];
  });
  const refused = loaded.flatMap(({ found: { name, path, problem: own } }) =>
    name === undefined && own ? [{ path, problem: problemText(own) }] : [],
  );
  const bad = [...problems, ...plugins.flatMap((one) => one.problem ?? []), ...refused.map((one) => one.problem)];
  const message = bad.length > 3 ? `${bad.slice(0, 3).join(' ')} And ${bad.length - 3} more.` : bad.join(' ');
  return { status: { code: bad.length === 0 ? 0 : 4, message }, directory, unconfined, plugins, refused };
}
