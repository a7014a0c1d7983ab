import { readFileSync } from 'node:fs';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { GantryError } from '../../base/index.ts';

/** How to reach one cluster. */
export interface ClusterContext {
  /** `https://10.0.0.1:5080` */
  readonly rapi_url: string;
  /** PEM file of the authority that signs the cluster's certificates. */
  readonly ca_file?: string;
  /** File of one line: `user password`. */
  readonly credentials_file?: string;
}

/** The clusters that this user knows, and the one that commands go to when none is named. */
export interface Contexts {
  readonly current: string | null;
  readonly clusters: Readonly<Record<string, ClusterContext>>;
}

export const noContexts: Contexts = { current: null, clusters: {} };

/** The user's own file; the one in /etc is read when this one does not exist. */
export function userContextsFile(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'gantry', 'clusters.json');
}

export const systemContextsFile = '/etc/gantry/clusters.json';

/**
 * The known clusters: the user's file, or else the host's, or none.
 * @throws CLI_CONFIG_UNREADABLE
 */
export function readContexts(env: NodeJS.ProcessEnv = process.env): Contexts {
  return readContextsFile(userContextsFile(env)) ?? readContextsFile(systemContextsFile) ?? noContexts;
}

/** Adds or replaces a cluster in the user's file and makes it the current one. */
export async function writeContext(name: string, context: ClusterContext, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const file = userContextsFile(env);
  const old = readContextsFile(file) ?? noContexts;
  await writeContextsFile(file, { current: name, clusters: { ...old.clusters, [name]: context } });
}

/** Adds or replaces a cluster in a file for all users of this host, and makes it the current one. */
export async function writeSystemContext(file: string, name: string, context: ClusterContext): Promise<void> {
  const old = readContextsFile(file) ?? noContexts;
  await writeContextsFile(file, { current: name, clusters: { ...old.clusters, [name]: context } }, 0o644);
}

/** Forgets a cluster; nothing happens when it is not known. Another one becomes current if this was. */
export async function removeContext(name: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const file = userContextsFile(env);
  const old = readContextsFile(file);
  if (!old?.clusters[name]) return;
  const { [name]: _removed, ...clusters } = old.clusters;
  const current = old.current === name ? (Object.keys(clusters)[0] ?? null) : old.current;
  await writeContextsFile(file, { current, clusters });
}

function readContextsFile(path: string): Contexts | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new GantryError('CLI_CONFIG_UNREADABLE', { path, detail: message }, { cause: error });
  }
  return parseContexts(text, path);
}

function parseContexts(text: string, path: string): Contexts {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new GantryError('CLI_CONFIG_UNREADABLE', { path, detail: (error as Error).message }, { cause: error });
  }
  const { current = null, clusters } = (value ?? {}) as { current?: unknown; clusters?: unknown };
  const entries = isRecord(clusters) ? Object.entries(clusters) : undefined;
  const bad = entries?.find(([, context]) => !isRecord(context) || typeof context['rapi_url'] !== 'string');
  if (!entries || bad || (current !== null && typeof current !== 'string')) {
    const detail = bad ? `cluster "${bad[0]}" has no rapi_url` : 'it is not of the form {"current": …, "clusters": {…}}';
    throw new GantryError('CLI_CONFIG_UNREADABLE', { path, detail });
  }
  return { current, clusters: clusters as Contexts['clusters'] };
}

/** Written beside and renamed, so that a reader sees the old file or the new one. @param mode by default only its owner may read it */
async function writeContextsFile(path: string, contexts: Contexts, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${process.pid}.new`;
  await writeFile(beside, `${JSON.stringify(contexts, null, 2)}\n`, { mode: 0o600 });
  await chmod(beside, mode);
  await rename(beside, path);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
