import { existsSync } from 'node:fs';
import type { MetricFamily } from '../../base/index.ts';
import type { CollectorFacts } from '../collector/collector.ts';
import { type CollectorHost, createCollectorHost } from '../host/collector-host.ts';
import type { MonitorLog } from '../monitor-log.ts';
import { namesOfFamily } from './family-names.ts';
import type { PluginThreadSettings } from './open-plugin-catalogue.ts';
import { sweepPluginCgroups } from './plugin-confinement.ts';
import { pluginsFacts } from './plugins-collector.ts';

export interface PluginOptions {
  readonly directory: string;
  /** The operator's file with user and grants. */
  readonly settings: string;
  /** Milliseconds between two looks at the folder. */
  readonly rescan?: number;
}

/** Who takes in collectors that come, and forgets those that go. */
interface Takers {
  add(collector: CollectorFacts): void;
  remove(name: string): void;
}

export interface Plugins extends Pick<CollectorHost, 'collect' | 'threads' | 'stuckThreads' | 'close'> {
  /** Whether a collector is one of plugins. */
  has(name: string): boolean;
  /** Begins to tell of plugins. */
  open(takers: Takers): void;
}

/** How often it is seen to it that the thread runs (ms), once there is a folder. */
const usualRescan = 30_000;

/**
 * Plugins run in a separate thread, which starts when there is a folder for them: starting a program blocks a thread for
 * milliseconds, and this must delay neither requests nor the other collectors.
 */
export function startPlugins(
  { directory, settings, rescan = usualRescan }: PluginOptions,
  others: readonly CollectorFacts[],
  own: readonly MetricFamily[],
  log?: MonitorLog,
): Plugins {
  const known = new Map<string, CollectorFacts>();
  let takers: Takers | undefined;
  const given: PluginThreadSettings = {
    directory,
    settings,
    rescan,
    reserved: [...others.map(({ name }) => name), 'plugins'],
    families: [...[...others, pluginsFacts].flatMap(({ metrics }) => metrics), ...own].flatMap(namesOfFamily),
  };
  const take = (collectors: readonly CollectorFacts[]) => {
    const now = new Map(collectors.map((collector) => [collector.name, collector]));
    for (const name of known.keys()) {
      if (now.has(name)) continue;
      known.delete(name);
      takers?.remove(name);
    }
    for (const [name, collector] of now) {
      if (known.get(name)?.revision === collector.revision) continue;
      known.set(name, collector);
      takers?.add(collector);
    }
  };
  const host = createCollectorHost({
    catalogue: new URL('./open-plugin-catalogue.ts', import.meta.url).href,
    given,
    onCatalogue: take,
    log,
  });
  const wake = () => {
    if (known.size > 0 || existsSync(directory)) host.wake();
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    collect: host.collect,
    get threads() {
      return host.threads;
    },
    get stuckThreads() {
      return host.stuckThreads;
    },
    has: (name) => known.has(name),
    open: (next) => {
      takers = next;
      // Also where there are no plugins any more.
      sweepPluginCgroups();
      wake();
      timer = setInterval(wake, rescan);
      timer.unref();
    },
    close: async () => {
      clearInterval(timer);
      await host.close();
      sweepPluginCgroups();
    },
  };
}
