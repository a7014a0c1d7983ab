import { GantryError } from '../../base/index.ts';
import { diskTemplateRow } from '../../model/index.ts';
import type { NodeHandlers, OsInfo, RpcResult, StoragePool } from '../../rpc/index.ts';
import type { NodeParts } from '../node-parts.ts';
import type { DiskTemplateAdapter } from '../storage/disk-template.ts';
import { nodeChecks } from '../verify/node-checks.ts';

type Handlers = Pick<
  NodeHandlers,
  'node-info' | 'node-verify' | 'certificate-request' | 'certificate-install' | 'revocation-install' | 'monitor-configure'
>;

/** What concerns the node itself. */
export function nodeHandlers(parts: NodeParts): Handlers {
  return {
    'node-info': () => nodeInfo(parts),
    async 'node-verify'(params) {
      const found = await Promise.all(nodeChecks.map((check) => check(parts, params)));
      return { problems: found.flat(), time: Date.now() / 1000, version: parts.version };
    },
    'certificate-request': async () => ({ csr: await parts.certificates.request() }),
    'certificate-install': (signed) => parts.certificates.install(signed),
    'revocation-install': ({ crl }) => parts.certificates.revoke(crl),
    'monitor-configure': ({ collectors }) => parts.monitorSettings.store(collectors),
  };
}

async function nodeInfo(parts: NodeParts): Promise<RpcResult<'node-info'>> {
  const [host, probes, storage, lists, oses, links] = await Promise.all([
    parts.host(),
    parts.probes(),
    storageOf(parts),
    Promise.all([...parts.hypervisors.values()].map((hypervisor) => hypervisor.list().catch(() => []))),
    parts.os.list().catch(() => []),
    // What cannot be told is not asked for by placement.
    parts.network.links().catch(() => undefined),
  ]);
  const space = storage[0] ?? { total: 0, free: 0 };
  const guests = lists.flat().reduce((sum, { state, memory }) => (state === 'shutdown' || state === 'crashed' ? sum : sum + memory), 0);
  return {
    name: parts.name,
    version: parts.version,
    boot_id: host.bootId,
    memory_total: host.memoryTotal,
    memory_free: host.memoryAvailable,
    // Guests that have not touched all of their memory make this too small, never negative.
    memory_dom0: Math.max(0, host.memoryTotal - host.memoryAvailable - guests),
    disk_total: space.total,
    disk_free: space.free,
    storage,
    cpu_total: host.cpuTotal,
    cpu_nodes: host.cpuNodes,
    cpu_sockets: host.cpuSockets,
    hypervisors: probes,
    disk_templates: [...parts.diskTemplates.keys()],
    certificate_expires: parts.certificates.expires(),
    ...identityOf(parts),
    ...links,
    secret_osparams: secretsOf(oses),
    data_collectors: parts.monitorSettings.current(),
  };
}

/**
 * Of definitions that can be read. What a broken one would declare nobody knows: if it counted as one that declares nothing,
 * a password would be stored for all to read.
 */
function secretsOf(oses: readonly OsInfo[]): RpcResult<'node-info'>['secret_osparams'] {
  return Object.fromEntries(oses.flatMap(({ name, valid, secret_parameters = {} }) => (valid ? [[name, secret_parameters]] : [])));
}

function identityOf({ certificates }: NodeParts): Pick<RpcResult<'node-info'>, 'certificate_serial' | 'revocation_list'> {
  const { serial, list } = certificates.identity();
  return serial === '' ? {} : { certificate_serial: serial, revocation_list: list };
}

/**
 * Every storage of the disk templates, once. A file system that is not mounted must not hide everything else there is to say of the
 * node.
 */
async function storageOf({ diskTemplates, log }: NodeParts): Promise<StoragePool[]> {
  const found = await Promise.all([...diskTemplates.values()].map(poolsOf));
  return [...new Map(found.flat().map((pool) => [`${pool.type} ${pool.name}`, pool])).values()];

  async function poolsOf(template: DiskTemplateAdapter): Promise<StoragePool[]> {
    const { space: type } = diskTemplateRow(template.name);
    if (type === null) return [];
    try {
      return (await template.pools()).map((pool) => ({ type, ...pool }));
    } catch (error) {
      log.debug({ template: template.name, problem: GantryError.from(error).message }, 'the space of a disk template is unknown');
      return [];
    }
  }
}
