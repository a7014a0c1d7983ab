import { stat } from 'node:fs/promises';
import { GantryError } from '../../base/index.ts';
import { findUser } from '../../host/index.ts';
import { requirePluginFile } from './plugin-file.ts';
import type { PluginSettings } from './plugin-schemas.ts';
import { readPluginSettings } from './read-manifest.ts';

/** What the operator has decided about plugins, as of now. */
export interface CurrentSettings {
  readonly path: string;
  /** Another one means that something else has been decided. */
  readonly revision: string;
  readonly settings: PluginSettings;
  /** What is wrong with the file. */
  readonly problem?: Error;
  /** There were no valid settings yet: no program may be run. */
  readonly unusable: boolean;
}

/** @throws MONITOR_PLUGIN_SETTINGS_INVALID, MONITOR_PLUGIN_USER_ROOT, MONITOR_PLUGIN_UNSAFE; ENOENT when there is no file */
export async function requirePluginSettings(path: string): Promise<PluginSettings> {
  const settings = await readPluginSettings(path, await requirePluginFile(path));
  const { user, allow_root: allowed } = settings;
  if (user !== undefined && findUser(user)?.uid === 0 && !allowed) throw new GantryError('MONITOR_PLUGIN_USER_ROOT', { path, name: user });
  return settings;
}

/** Reads the settings again at each call. If the file has become invalid, the last valid settings stay active. */
export function createSettingsSource(path: string): () => Promise<CurrentSettings> {
  let last: CurrentSettings | undefined;
  return async () => {
    try {
      const revision = await revisionOf(path);
      last = { path, revision, settings: await requirePluginSettings(path), unusable: false };
    } catch (error) {
      const problem = error as NodeJS.ErrnoException;
      if (problem.code === 'ENOENT') last = { path, revision: '', settings: { grants: {} }, unusable: false };
      else if (last) return { ...last, problem };
      else return { path, revision: problem.message, settings: { grants: {} }, problem, unusable: true };
    }
    return last;
  };
}

/** Changes with every change of a file that can be seen from outside. */
export async function revisionOf(path: string): Promise<string> {
  const { ino, size, mtimeMs, ctimeMs, mode, uid } = await stat(path);
  return [ino, size, mtimeMs, ctimeMs, mode, uid].join(' ');
}
