import { join } from 'node:path';
import { GantryError } from '../../../base/index.ts';
import type { ClusterData } from '../../../placement/index.ts';
import { UntrustedServer } from '../connect-trusted.ts';
import { httpGet } from '../http-get.ts';
import { parseJson } from '../json-text.ts';
import { assemble, type LivePart } from '../live/assemble.ts';
import { readSourceFile } from '../read-source-file.ts';
import { flatInstances, flatNodes } from './flat-resources.ts';
import type { RapiAccess } from './rapi-access.ts';

const defaultPort = 5080;
const patienceSeconds = 60;
const filePrefix = 'file://';

/**
 * Collects a cluster over Ganeti's REST API (source: htools(1), option -m).
 * @param cluster name of a host, a URL (with `user:password@` if needed), or `file://` and a folder that holds
 * `groups.json`, `nodes.json`, `instances.json` and `info.json` as the API would answer
 * @throws HTOOLS_RAPI_UNREACHABLE, HTOOLS_RAPI_UNTRUSTED, HTOOLS_RAPI_REFUSED, HTOOLS_SOURCE_UNREADABLE, HTOOLS_JSON_MALFORMED and those of `assemble`
 */
export async function loadRapi(cluster: string, access: RapiAccess): Promise<ClusterData> {
  const get = cluster.startsWith(filePrefix) ? fromFolder(cluster.slice(filePrefix.length)) : fromServer(cluster, access);
  const [groups, nodes, instances, info] = await Promise.all([
    get('groups', true),
    get('nodes', true),
    get('instances', true),
    get('info', false),
  ]);
  return assemble({
    groups,
    nodes: { ...nodes, value: flatNodes(nodes.value) },
    instances: { ...instances, value: flatInstances(instances.value) },
    info,
  });
}

type Get = (resource: string, bulk: boolean) => Promise<LivePart>;

function fromFolder(folder: string): Get {
  return async (resource) => {
    const place = join(folder, `${resource}.json`);
    return { value: parseJson(await readSourceFile(place), place), place };
  };
}

function fromServer(cluster: string, { trusted, credentials }: RapiAccess): Get {
  const base = withCredentials(rapiUrl(cluster), credentials);
  // A name without a protocol that has a colon means plain HTTP, in which nothing can be checked.
  if (trusted && base.protocol !== 'https:')
    throw new GantryError('HTOOLS_RAPI_UNTRUSTED', { place: withoutCredentials(base), detail: 'it is not asked over HTTPS' });
  return async (resource, bulk) => {
    const url = new URL(`2/${resource}${bulk ? '?bulk=1' : ''}`, base);
    const place = withoutCredentials(url);
    const answer = await httpGet(url, patienceSeconds, trusted).catch((cause: Error) => {
      const code = cause instanceof UntrustedServer ? 'HTOOLS_RAPI_UNTRUSTED' : 'HTOOLS_RAPI_UNREACHABLE';
      throw new GantryError(code, { place, detail: cause.message }, { cause });
    });
    if (answer.status !== 200) throw new GantryError('HTOOLS_RAPI_REFUSED', { place, status: answer.status });
    return { value: parseJson(answer.body, place), place };
  };
}

/** A name without a colon is a host with the usual port; everything else is a URL. */
function rapiUrl(cluster: string): URL {
  const named = cluster.includes(':') ? cluster : `https://${cluster}:${defaultPort}`;
  const text = named.includes('://') ? named : `http://${named}`;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new GantryError('HTOOLS_RAPI_ADDRESS', { address: cluster });
  const url = new URL(text);
  return new URL(`${url.href.replace(/\/*$/, '')}/`);
}

/** What the address itself says comes first. */
function withCredentials(url: URL, credentials: RapiAccess['credentials']): URL {
  if (credentials === undefined || url.username !== '') return url;
  const full = new URL(url);
  full.username = encodeURIComponent(credentials.user);
  full.password = encodeURIComponent(credentials.password);
  return full;
}

function withoutCredentials(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}
