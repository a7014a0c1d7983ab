import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { GantryError, type Log, writeFileAtomic } from '../base/index.ts';
import { type DataCollectors, MonitorSettingsFile, validate } from '../model/index.ts';

/** What the cluster has set for the collectors of this node's monitoring agent, which reads it from a file. */
export interface MonitorSettings {
  current(): DataCollectors;
  store(settings: DataCollectors): Promise<{ changed: boolean }>;
}

/** @param path - of the file that the monitoring agent is given with --config */
export async function fileMonitorSettings(path: string, log: Log): Promise<MonitorSettings> {
  let current = await readSettings(path, log);
  return {
    current: () => current,
    async store(settings) {
      if (isDeepStrictEqual(settings, current)) return { changed: false };
      await writeFileAtomic(path, `${JSON.stringify({ data_collectors: settings } satisfies MonitorSettingsFile, undefined, 2)}\n`, 0o644);
      current = settings;
      return { changed: true };
    },
  };
}

/** Of what is not there, or not to be understood, the master knows better: it sends its own. */
async function readSettings(path: string, log: Log): Promise<DataCollectors> {
  try {
    return validate(MonitorSettingsFile, JSON.parse(await readFile(path, 'utf8')), path).data_collectors;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ path, problem: GantryError.from(error).message }, 'settings of the monitor are written again');
    return {};
  }
}

export function memoryMonitorSettings(): MonitorSettings {
  let current: DataCollectors = {};
  return {
    current: () => current,
    async store(settings) {
      const changed = !isDeepStrictEqual(settings, current);
      current = settings;
      return { changed };
    },
  };
}
