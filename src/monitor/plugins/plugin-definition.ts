import type { Manifest, Privileges } from './plugin-schemas.ts';

/** How a plugin is asked. */
export type PluginSource = 'program' | 'prometheus-file' | 'report-file' | 'socket';

/** One plugin as it lies in the folder, with its manifest or the defaults. */
export interface PluginDefinition {
  readonly name: string;
  /** Of the program, file or socket. */
  readonly path: string;
  readonly source: PluginSource;
  readonly manifest: Manifest;
  /** What of its needs the operator grants: all, or it is not run. */
  readonly granted: Privileges;
  /** User that its program runs as. */
  readonly user: string | undefined;
}

/** What has been found under a name: a plugin, or what is wrong with it. */
export interface FoundPlugin {
  /** Undefined where there is no name that a collector could have. */
  readonly name: string | undefined;
  readonly path: string;
  /** Another one means that file, manifest or settings have changed. */
  readonly revision: string;
  readonly definition?: PluginDefinition;
  /** Also of a plugin that is refused for another reason. */
  readonly manifest?: Manifest;
  readonly problem?: Error;
}
