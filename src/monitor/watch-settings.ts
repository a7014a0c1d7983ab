import { readdirSync, readFileSync, statSync } from 'node:fs';
import { parse } from 'node:path';
import { canBePlugin, diagnoseCommandPattern } from '../model/light.ts';
import { collectorCatalogue } from './collector-catalogue.ts';
import { pluginsFacts } from './plugins/plugins-collector.ts';
import type { CollectorSettings, SettingsByName } from './scheduler/collector-scheduler.ts';

/** How often the file is looked at, in milliseconds: the node agent writes it when the cluster's configuration changes. */
const lookEvery = 5000;

const fileName = new RegExp(`^${diagnoseCommandPattern}$`);

const builtIn = [...collectorCatalogue, pluginsFacts].map(({ name }) => name);

/** Microseconds: the shortest and the longest interval, a tenth of a second and a day. */
const [shortest, longest] = [100_000, 86_400_000_000];

/**
 * The settings of collectors in a file, with the names and units of Ganeti's configuration:
 * `{"data_collectors": {"lv": {"active": false, "interval": 60000000}}}`. There are none while there is no file.
 * @throws the system's error, SyntaxError, or TypeError with what is wrong
 */
export function readSettings(file: string): SettingsByName {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  const { data_collectors: collectors, ...others } = objectIn(JSON.parse(text), 'the file');
  const [other] = Object.keys(others);
  if (other !== undefined) throw new TypeError(`"${other}" is not known`);
  return new Map(Object.entries(objectIn(collectors ?? {}, 'data_collectors')).map(([name, value]) => [name, settingsIn(value, name)]));
}

/**
 * The names in settings that are neither those of collectors of the agent nor of plugins in a folder, with the collectors
 * that may have been meant. Such a plugin may come yet, or be on other nodes of the cluster, for which this was set too.
 */
export function unknownCollectors(
  settings: SettingsByName,
  plugins: string,
): { readonly names: readonly string[]; readonly known: readonly string[] } {
  const known = [...builtIn, ...pluginsIn(plugins)];
  return { names: [...settings.keys()].filter((name) => !known.includes(name)), known };
}

function pluginsIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((file) => parse(file).name);
  } catch {
    // There is none, or not for us: then none of its plugins is run either.
    return [];
  }
}

function settingsIn(value: unknown, name: string): CollectorSettings {
  if (!canBePlugin(name))
    throw new TypeError(`"${name}" is the name of no collector, nor can it be a plugin's; those of the agent are ${builtIn.join(', ')}`);
  const { active, interval, command, ...others } = objectIn(value, name);
  const [other] = Object.keys(others);
  if (other !== undefined) throw new TypeError(`"${other}" of ${name} is not known`);
  if (active !== undefined && typeof active !== 'boolean') throw new TypeError(`"active" of ${name} is neither true nor false`);
  if (interval !== undefined && !(typeof interval === 'number' && interval >= shortest && interval <= longest)) {
    throw new TypeError(`"interval" of ${name} is not between ${shortest} and ${longest} microseconds`);
  }
  if (command !== undefined && !(typeof command === 'string' && fileName.test(command))) {
    throw new TypeError(`"command" of ${name} is not the name of a file`);
  }
  return {
    ...(command !== undefined && { command }),
    ...(active !== undefined && { active }),
    ...(interval !== undefined && { interval: interval / 1e6 }),
  };
}

function objectIn(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${what} is not an object`);
  return value as Record<string, unknown>;
}

/**
 * Applies what a file says, now and whenever it changes; `reload` looks at once. A file that is not valid changes nothing, and is
 * reported.
 * @param every - milliseconds between two looks
 */
export function watchSettings(
  file: string,
  apply: (settings: SettingsByName) => void,
  tell: (problem: Error) => void,
  every = lookEvery,
): { reload(): void; close(): void } {
  let seen = '';
  const reload = () => {
    // Before it is read: a change meanwhile is one for the next look. With fs.watchFile, which looks for the first time
    // some time after it is called, a change before that would be missed for good.
    seen = identityOf(file);
    try {
      apply(readSettings(file));
    } catch (error) {
      tell(error as Error);
    }
  };
  reload();
  // Looked at rather than listened to: it may not be there yet, nor its folder.
  const timer = setInterval(() => {
    if (identityOf(file) !== seen) reload();
  }, every);
  timer.unref();
  return { reload, close: () => clearInterval(timer) };
}

/** Another one means another content; files are replaced, or written in place. */
function identityOf(file: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
