import type { Emit } from '../../base/index.ts';
import type { Collector, CollectorFacts } from '../collector/collector.ts';
import type { Status } from '../collectors/status.ts';

/** A plugin that is run, or that is refused. */
interface PluginState {
  readonly name: string;
  readonly path: string;
  readonly source?: string;
  readonly mode?: string;
  readonly interval?: number;
  /** User of its program; null if the agent is not root and cannot choose it. */
  readonly user?: string | null;
  readonly series: number;
  readonly stderr?: string;
  /** Why it is not run. */
  readonly problem?: string;
}

export interface PluginsData {
  readonly status: Status;
  readonly directory: string;
  /** What programs are not kept from on this host. */
  readonly unconfined: readonly string[];
  readonly plugins: readonly PluginState[];
  /** Files that have no name that a collector could have, or are too many. */
  readonly refused: readonly { readonly path: string; readonly problem: string }[];
}

/** What the collector says of itself: it is there as soon as there is a folder for plugins. */
export const pluginsFacts: CollectorFacts = {
  name: 'plugins',
  category: 'daemon',
  kind: 'status',
  version: 'B',
  formatVersion: 1,
  help: 'The plugins of this node: how they are run, what they write to their standard error, and why some are refused. Exists only if there is a folder for plugins.',
  interval: 10,
  timeout: 5,
  metrics: [
    { name: 'gantry_monitor_plugins', type: 'gauge', help: 'Plugins that are run, and plugins that are refused.', labels: ['state'] },
    { name: 'gantry_monitor_plugin_series', type: 'gauge', help: 'Number of series in the last good report.', labels: ['plugin'] },
  ],
  revision: '1',
};

export const createPluginsCollector = (look: () => PluginsData): Collector<PluginsData> => ({
  ...pluginsFacts,
  measure: measurePlugins,
  start: () => look,
});

function measurePlugins({ plugins, refused }: PluginsData, emit: Emit): void {
  const good = plugins.filter(({ problem }) => problem === undefined);
  emit('gantry_monitor_plugins', good.length, 'run');
  emit('gantry_monitor_plugins', plugins.length - good.length + refused.length, 'refused');
  for (const { name, series } of good) emit('gantry_monitor_plugin_series', series, name);
}
