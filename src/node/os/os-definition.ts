import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { closestName, GantryError } from '../../base/index.ts';
import type { OsInfo, SecretParameters } from '../../rpc/index.ts';

export const osScripts = ['create', 'import', 'export', 'rename', 'verify'] as const;
export type OsScript = (typeof osScripts)[number];

const knownApiVersions = [10, 15, 20];

/** A folder with the files of Ganeti's OS interface, checked. */
export interface OsDefinition {
  readonly name: string;
  readonly path: string;
  /** The versions that it declares and Gantry knows, newest first. */
  readonly apiVersions: readonly number[];
  readonly variants: readonly string[];
  /** Name and help of each parameter. */
  readonly parameters: readonly (readonly [string, string])[];
  /** Those whose values nobody may see. */
  readonly secretParameters: SecretParameters;
}

/** A finding that makes a definition unusable; becomes the `problem` of its OsInfo. */
class Invalid extends Error {}

/** Every definition of the search path, broken ones with their problem; the first of a name wins, as in Ganeti. */
export async function listOsDefinitions(searchPath: readonly string[]): Promise<OsInfo[]> {
  const found = new Map<string, OsInfo>();
  for (const dir of searchPath) {
    for (const entry of await readdir(dir, { withFileTypes: true }).catch(ifMissing)) {
      if (entry.name.startsWith('.') || found.has(entry.name)) continue;
      const path = join(dir, entry.name);
      if (!(await stat(path).catch(() => null))?.isDirectory()) continue;
      found.set(entry.name, await describe(entry.name, path));
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function describe(name: string, path: string): Promise<OsInfo> {
  try {
    const { apiVersions, variants, parameters, secretParameters } = await read(name, path);
    const lists = {
      api_versions: [...apiVersions],
      variants: [...variants],
      parameters: parameters.map(([key, help]): [string, string] => [key, help]),
      secret_parameters: { ...secretParameters },
    };
    return { name, path, valid: true, problem: null, ...lists };
  } catch (thrown) {
    if (!(thrown instanceof Invalid)) throw thrown;
    return { name, path, valid: false, problem: thrown.message, api_versions: [], variants: [], parameters: [] };
  }
}

/**
 * The definition of an OS.
 * @param os name, with or without variant: `debootstrap+default`
 * @throws OS_UNKNOWN, OS_INVALID
 */
export async function loadOsDefinition(searchPath: readonly string[], os: string): Promise<OsDefinition> {
  const name = osNameOf(os);
  for (const dir of searchPath) {
    const path = join(dir, name);
    if (!/^[\w.-]+$/.test(name) || name.startsWith('.') || !(await stat(path).catch(() => null))?.isDirectory()) continue;
    try {
      return await read(name, path);
    } catch (thrown) {
      if (thrown instanceof Invalid) throw new GantryError('OS_INVALID', { os: name, problem: thrown.message, path });
      throw thrown;
    }
  }
  const names = (await listOsDefinitions(searchPath)).map((info) => info.name);
  const [available, close] = [names.join(', ') || 'none', closestName(name, names)];
  throw new GantryError('OS_UNKNOWN', { os: name, searched: searchPath.join(', '), available, ...(close && { did_you_mean: close }) });
}

export const osNameOf = (os: string): string => os.split('+', 1)[0] ?? '';
export const osVariantOf = (os: string): string => (os.includes('+') ? os.slice(os.indexOf('+') + 1) : '');

async function read(name: string, path: string): Promise<OsDefinition> {
  const apiVersions = await readApiVersions(path);
  const newest = apiVersions[0] ?? 0;
  for (const script of osScripts) {
    if (script === 'verify' && newest < 20) continue;
    await requireScript(path, script);
  }
  return {
    name,
    path,
    apiVersions,
    variants: newest >= 15 ? namesIn(await readText(path, 'variants.list')) : [],
    parameters: newest >= 20 ? await readParameters(path) : [],
    secretParameters: await readSecretParameters(path),
  };
}

async function readApiVersions(path: string): Promise<number[]> {
  const text = await readText(path, 'ganeti_api_version');
  if (text === null) throw new Invalid('the file ganeti_api_version is missing');
  const declared = text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
  if (declared.some((version) => !/^\d+$/.test(version))) throw new Invalid('ganeti_api_version has a line that is not a number');
  const versions = declared.map(Number).filter((version) => knownApiVersions.includes(version));
  if (versions.length > 0) return versions.sort((a, b) => b - a);
  throw new Invalid(`it has API version ${declared.join(', ')}, while ${knownApiVersions.join(', ')} are known`);
}

async function requireScript(path: string, script: OsScript): Promise<void> {
  const stats = await stat(join(path, script)).catch(() => null);
  if (!stats && script === 'create' && (await stat(join(path, 'create_untrusted')).catch(() => null))) {
    throw new Invalid('it has only a create_untrusted script, which needs a helper VM; this is not supported');
  }
  if (!stats) throw new Invalid(`the script ${script} is missing`);
  if (!stats.isFile()) throw new Invalid(`${script} is not a regular file`);
  if ((stats.mode & 0o100) === 0) throw new Invalid(`the script ${script} is not executable`);
}

async function readParameters(path: string): Promise<[string, string][]> {
  const text = await readText(path, 'parameters.list');
  if (text === null) throw new Invalid('the file parameters.list is missing');
  return lines(text).map((line) => {
    const [, name = '', help = ''] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
    return [name, help];
  });
}

/** `name` or `name private` a line. Gantry's own file; Ganeti does not look at it. */
async function readSecretParameters(path: string): Promise<SecretParameters> {
  const declared = namesIn(await readText(path, 'parameters.secret')).map((line): [string, 'secret' | 'private'] => {
    const [, name = '', , kind = 'secret'] = /^(\S+)(\s+(secret|private))?$/.exec(line) ?? [];
    // Taken for a name, a misspelt line would leave a password readable.
    if (name === '') throw new Invalid(`parameters.secret has the line "${line}"; each is a name, or a name and "private"`);
    return [name, kind as 'secret' | 'private'];
  });
  return Object.fromEntries(declared);
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** One name a line, `#` for comments. */
const namesIn = (text: string | null): string[] => lines(text ?? '').filter((line) => !line.startsWith('#'));

/** Text of a file of the definition, or null where it is missing. */
async function readText(path: string, file: string): Promise<string | null> {
  try {
    return await readFile(join(path, file), 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new Invalid(`${file} cannot be read (${code})`);
  }
}

function ifMissing(thrown: NodeJS.ErrnoException): [] {
  if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') return [];
  throw thrown;
}
