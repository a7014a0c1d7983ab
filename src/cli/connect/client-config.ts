import { readFileSync } from 'node:fs';
import { GantryError } from '../../base/index.ts';
import { suggestionHint } from '../command/suggest.ts';
import { type ClusterContext, readContexts, systemContextsFile, userContextsFile } from './contexts.ts';

/** What the user said on the command line about where the cluster is. */
export interface ConnectionOptions {
  readonly cluster?: string;
  readonly url?: string;
  readonly caFile?: string;
  readonly credentialsFile?: string;
}

/** Everything needed to open a connection. */
export interface ClientConfig {
  readonly url: URL;
  /** PEM text of the pinned authority; without it the system's authorities count. */
  readonly ca?: string;
  readonly caFile?: string;
  readonly credentials?: { readonly user: string; readonly password: string };
}

/**
 * Finds the cluster: options first, then GANTRY_URL, GANTRY_CA_FILE and GANTRY_CREDENTIALS_FILE, then the file of known
 * clusters. A cluster named with --cluster goes before the environment.
 * @throws CLI_CLUSTER_NOT_SET, CLI_CLUSTER_UNKNOWN, CLI_CONFIG_UNREADABLE, CLI_CA_UNREADABLE, CLI_CREDENTIALS_UNREADABLE, CLI_USAGE
 */
export function findCluster(options: ConnectionOptions, env: NodeJS.ProcessEnv = process.env): ClientConfig {
  const urlGiven = options.url ?? (options.cluster ? undefined : env['GANTRY_URL'] || undefined);
  const context = urlGiven === undefined ? chooseContext(options.cluster, env) : undefined;
  const url = parseUrl(urlGiven ?? context?.rapi_url ?? '');
  const fromEnv = (name: string) => (options.cluster ? undefined : env[name] || undefined);
  const caFile = options.caFile ?? fromEnv('GANTRY_CA_FILE') ?? context?.ca_file;
  const credentialsFile = options.credentialsFile ?? fromEnv('GANTRY_CREDENTIALS_FILE') ?? context?.credentials_file;
  return {
    url,
    ...(caFile ? { ca: readCa(caFile), caFile } : {}),
    ...(credentialsFile ? { credentials: readCredentials(credentialsFile) } : {}),
  };
}

function chooseContext(name: string | undefined, env: NodeJS.ProcessEnv): ClusterContext {
  const { current, clusters } = readContexts(env);
  const known = Object.keys(clusters);
  const chosen = name ?? current ?? (known.length === 1 ? known[0] : undefined);
  if (chosen === undefined) {
    throw new GantryError('CLI_CLUSTER_NOT_SET', { files: `${userContextsFile(env)} or ${systemContextsFile}` });
  }
  const context = clusters[chosen];
  if (!context) {
    const facts = { name: chosen, known: known.join(', ') || 'none', hint: suggestionHint(chosen, known) };
    throw new GantryError('CLI_CLUSTER_UNKNOWN', facts);
  }
  return context;
}

function parseUrl(text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  if (!url || url.protocol !== 'https:' || !url.hostname) {
    throw new GantryError('CLI_USAGE', {
      command: 'help',
      problem: `"${text}" is not the address of a cluster; an address looks like https://master.example.org:5080.`,
    });
  }
  if (url.username || url.password) {
    throw new GantryError('CLI_USAGE', {
      command: 'help',
      problem: 'The address of a cluster must not contain a password; put it into a file and specify it with --credentials-file.',
    });
  }
  if (!url.port && !text.endsWith(':443')) url.port = '5080';
  return url;
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new GantryError('CLI_CA_UNREADABLE', { path, detail: (error as Error).message }, { cause: error });
  }
}

function readCredentials(path: string): { user: string; password: string } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new GantryError('CLI_CREDENTIALS_UNREADABLE', { path, detail: (error as Error).message }, { cause: error });
  }
  const line = text.split('\n').find((candidate) => candidate.trim() && !candidate.startsWith('#')) ?? '';
  const [user, password] = line.trim().split(/\s+/);
  if (!user || !password) {
    throw new GantryError('CLI_CREDENTIALS_UNREADABLE', { path, detail: 'it has no line with a user name and a password' });
  }
  return { user, password };
}
