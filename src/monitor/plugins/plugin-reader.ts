import { GantryError } from '../../base/index.ts';
import { type Confinement, type ProcessGroup } from '../../host/index.ts';
import type { PluginData } from './expose-plugin.ts';
import type { PluginDefinition } from './plugin-definition.ts';

/** Gets the reports of one plugin of any kind. */
export interface PluginReader {
  /** One report. @throws what is wrong with it; whatever once the signal aborts */
  read(signal: AbortSignal): Promise<PluginData>;
  /** Ends what is under way: the plugin has gone or changed. */
  close(): void;
  /** What the plugin last wrote to its standard error. */
  readonly stderr: string;
}

/** What readers are given. */
export interface ReaderParts {
  readonly definition: PluginDefinition;
  readonly confinement: Confinement;
  readonly cgroup: ProcessGroup | undefined;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** A report too long: told as a flood. */
export const flood = ({ name, manifest }: PluginDefinition, bytes: number): Error =>
  Object.assign(new GantryError('MONITOR_PLUGIN_FLOOD', { name, bytes, limit: manifest.largest_report }), { failure: 'flooded' });

export const ended = ({ name }: PluginDefinition, outcome: string, stderr: string): Error =>
  new GantryError('MONITOR_PLUGIN_FAILED', { name, outcome, stderr: stderr.slice(-1000) || 'nothing' });
