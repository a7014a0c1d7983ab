import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { GantryError } from '../../base/index.ts';
import { accountOf, resolveUser } from './plugin-confinement.ts';
import type { FoundPlugin, PluginDefinition, PluginSource } from './plugin-definition.ts';
import { requirePluginFile } from './plugin-file.ts';
import type { Manifest, Privileges } from './plugin-schemas.ts';
import { type CurrentSettings, revisionOf } from './plugin-settings-source.ts';
import { defaultManifest, readManifest } from './read-manifest.ts';

/** At most this number of plugins are run; a folder with more of them by mistake must not overload the node. */
export const mostPlugins = 64;

/** At most this number of files that are not run are listed one by one. */
const mostTold = 100;

const manifestEndings = new Set(['.yaml', '.yml', '.json']);
/** What editors and package managers leave, and what is there for people. */
const ignored = /^\.|~$|\.(bak|tmp|swp|md|dpkg-\w+|rpm\w+)$|^README/;

export interface PluginFolder {
  readonly directory: string;
  /** Names that plugins must not have. */
  readonly reserved: readonly string[];
}

/** Finds all plugins of a folder, or one of them by its name, with what is wrong with those that are not as they should be. A folder that is not there has none. */
export async function scanPlugins(folder: PluginFolder, settings: CurrentSettings, only?: string): Promise<FoundPlugin[]> {
  const { directory } = folder;
  const names = await namesIn(directory);
  const groups = new Map<string, string[]>();
  for (const name of names)
    if (only === undefined || stem(name) === only) groups.set(stem(name), [...(groups.get(stem(name)) ?? []), name]);
  const found: FoundPlugin[] = [];
  let run = 0;
  for (const [name, files] of groups) {
    const one = run < mostPlugins ? await findOne(folder, name, files, settings) : tooMany(join(directory, files[0] ?? ''), name);
    if (one.definition) run++;
    found.push(one);
    if (found.length - run >= mostTold) break;
  }
  return found;
}

const tooMany = (path: string, name: string): FoundPlugin => ({
  name: undefined,
  path,
  revision: name,
  problem: new GantryError('MONITOR_PLUGIN_LIMIT', { path, limit: mostPlugins }),
});

const stem = (file: string): string => file.slice(0, file.length - extname(file).length);

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => !ignored.test(name)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Of a file or socket: it is written anew all the time, and stays the same plugin. */
async function permissionsOf(path: string): Promise<string> {
  const { mode, uid } = await stat(path);
  return [mode, uid].join(' ');
}

const dataEndings = new Set(['.prom', '.report', '.sock', '.socket']);

const isProgram = (path: string): boolean => !dataEndings.has(extname(path));

async function findOne(folder: PluginFolder, name: string, files: readonly string[], settings: CurrentSettings): Promise<FoundPlugin> {
  const { directory, reserved } = folder;
  const manifests = files.filter((file) => manifestEndings.has(extname(file)));
  const others = files.filter((file) => !manifestEndings.has(extname(file)));
  const path = join(directory, others[0] ?? manifests[0] ?? name);
  const usable = /^[A-Za-z][A-Za-z0-9-]{0,62}$/.test(name) && !reserved.includes(name);
  const revisions: string[] = [settings.revision];
  let manifest: Manifest | undefined;
  try {
    if (!usable)
      throw badName(
        path,
        name,
        reserved.includes(name) ? 'a collector of the agent has this name' : 'it has characters that are not allowed, or is too long',
      );
    if (others.length > 1) throw badName(path, name, `${others.join(' and ')} both have this name`);
    if (manifests.length > 1) throw badName(path, name, `there are two manifests, ${manifests.join(' and ')}`);
    const manifestPath = manifests[0] === undefined ? undefined : join(directory, manifests[0]);
    if (manifestPath !== undefined) revisions.push(await revisionOf(manifestPath));
    if (others.length > 0) revisions.push(await (isProgram(path) ? revisionOf(path) : permissionsOf(path)));
    manifest = manifestPath === undefined ? defaultManifest : await readManifest(manifestPath, await requirePluginFile(manifestPath));
    const definition = await define({ name, path, manifest, alone: others.length === 0, settings });
    return { name, path, revision: revisions.join(';'), manifest, definition };
  } catch (error) {
    return {
      name: usable ? name : undefined,
      path,
      revision: `${revisions.join(';')} ${(error as Error).message}`,
      ...(manifest && { manifest }),
      problem: error as Error,
    };
  }
}

const badName = (path: string, name: string, problem: string) => new GantryError('MONITOR_PLUGIN_NAME', { path, name, problem });

interface Parts {
  readonly name: string;
  readonly path: string;
  readonly manifest: Manifest;
  /** There is nothing but the manifest. */
  readonly alone: boolean;
  readonly settings: CurrentSettings;
}

async function define({ name, path, manifest, alone, settings }: Parts): Promise<PluginDefinition> {
  const { socket } = manifest;
  if (alone && socket === undefined) throw noPlugin(path, 'there is a manifest, but no plugin of the same name');
  if (!alone && socket !== undefined) throw noPlugin(path, 'its manifest specifies a socket, so no file may have the same name');
  const source = socket === undefined ? await sourceOf(path) : 'socket';
  const real = socket === undefined ? await requirePluginFile(path, trustFor(source, manifest)) : socket;
  const granted = source === 'program' ? grant(name, manifest, settings) : defaultManifest.needs;
  const readAnew = source === 'prometheus-file' || source === 'report-file';
  const definition = { name, path: readAnew ? path : real, source, manifest, granted, user: settings.settings.user };
  // Otherwise only its first run would report it.
  if (source === 'program' && process.getuid?.() === 0) accountOf(definition);
  return definition;
}

/** Programs belong to the operator; a file or socket may belong to the service that provides it. */
function trustFor(source: PluginSource, { owner }: Manifest): { owner?: number; anyMode?: boolean } {
  if (source === 'program') return {};
  return { anyMode: source === 'socket', ...(owner !== undefined && { owner: resolveUser(owner, 'the manifest').uid }) };
}

const noPlugin = (path: string, problem: string) => new GantryError('MONITOR_PLUGIN_KIND', { path, problem });

async function sourceOf(path: string): Promise<PluginSource> {
  if ((await lstat(path)).isSymbolicLink() && !(await stat(path).catch(() => undefined)))
    throw noPlugin(path, 'the target of the link does not exist');
  const entry = await stat(path);
  if (entry.isSocket()) return 'socket';
  if (!entry.isFile()) throw noPlugin(path, entry.isDirectory() ? 'it is a folder' : 'it is a device or pipe');
  const ending = extname(basename(path));
  if (ending === '.prom') return 'prometheus-file';
  if (ending === '.report') return 'report-file';
  if ((entry.mode & 0o111) === 0) throw noPlugin(path, 'it is not executable');
  return 'program';
}

/** What the manifest asks for, if the operator grants all of it. @throws MONITOR_PLUGIN_NOT_GRANTED */
function grant(name: string, { needs }: Manifest, { settings, path, problem, unusable }: CurrentSettings): Privileges {
  if (unusable && problem) throw problem;
  const allowed = settings.grants[name];
  const missing = [
    ...needs.groups.filter((group) => !allowed?.groups.includes(group)).map((group) => `group ${group}`),
    ...needs.capabilities.filter((one) => !allowed?.capabilities.includes(one)).map((one) => `capability ${one}`),
    ...(needs.network && !allowed?.network ? ['network'] : []),
    ...(needs.devices && !allowed?.devices ? ['devices'] : []),
  ];
  if (missing.length > 0) throw new GantryError('MONITOR_PLUGIN_NOT_GRANTED', { name, problem: missing.join(', '), path });
  return needs;
}
