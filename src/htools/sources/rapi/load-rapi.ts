import { join } from 'node:path';
import { GantryError } from '../../../base/index.ts';
import type { ClusterData } from '../../../placement/index.ts';
import { parseJson } from '../json-text.ts';
import { assemble, type LivePart } from '../live/assemble.ts';
import { readSourceFile } from '../read-source-file.ts';
import { flatInstances, flatNodes } from './flat-resources.ts';
import type { RapiAccess } from './rapi-access.ts';
import { rapiServer } from './rapi-server.ts';

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

function fromServer(cluster: string, access: RapiAccess): Get {
  const server = rapiServer(cluster, access);
  return async (resource, bulk) => {
    const { status, body, place } = await server.ask(`2/${resource}${bulk ? '?bulk=1' : ''}`);
    if (status !== 200) throw new GantryError('HTOOLS_RAPI_REFUSED', { place, status });
    return { value: parseJson(body, place), place };
  };
}
