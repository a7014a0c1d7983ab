import { GantryError } from '../../base/index.ts';
import type { NodeHandlers, RpcParams, RpcResult } from '../../rpc/index.ts';
import type { NodeParts } from '../node-parts.ts';

type Handlers = Pick<NodeHandlers, 'node-info' | 'node-verify' | 'certificate-request' | 'certificate-install' | 'monitor-configure'>;
type Problem = RpcResult<'node-verify'>['problems'][number];

/** What concerns the node itself. */
export function nodeHandlers(parts: NodeParts): Handlers {
  return {
    'node-info': () => nodeInfo(parts),
    async 'node-verify'(params) {
      const found = await Promise.all([bridgeProblems(parts, params), hypervisorProblems(parts, params), folderProblems(parts, params)]);
      return { problems: [...found.flat(), ...certificateProblems(parts)] };
    },
    'certificate-request': async () => ({ csr: await parts.certificates.request() }),
    'certificate-install': (signed) => parts.certificates.install(signed),
    'monitor-configure': ({ collectors }) => parts.monitorSettings.store(collectors),
  };
}

async function nodeInfo(parts: NodeParts): Promise<RpcResult<'node-info'>> {
  const [host, probes, spaces, lists] = await Promise.all([
    parts.host(),
    parts.probes(),
    Promise.all([...parts.diskTemplates.values()].map((template) => spaceOf(parts, template))),
    Promise.all([...parts.hypervisors.values()].map((hypervisor) => hypervisor.list().catch(() => []))),
  ]);
  const space = spaces.find((one) => one !== null) ?? { total: 0, free: 0 };
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
    cpu_total: host.cpuTotal,
    cpu_nodes: host.cpuNodes,
    cpu_sockets: host.cpuSockets,
    hypervisors: probes,
    disk_templates: [...parts.diskTemplates.keys()],
    certificate_expires: parts.certificates.expires(),
    data_collectors: parts.monitorSettings.current(),
  };
}

/** A file system that is not mounted must not hide everything else there is to say of the node. */
async function spaceOf(parts: NodeParts, template: { space(): Promise<{ total: number; free: number } | null>; name: string }) {
  try {
    return await template.space();
  } catch (error) {
    parts.log.debug({ template: template.name, problem: GantryError.from(error).message }, 'the space of a disk template is unknown');
    return null;
  }
}

async function bridgeProblems({ network }: NodeParts, { bridges }: RpcParams<'node-verify'>): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const bridge of bridges) {
    if (await network.bridgeExists(bridge)) continue;
    const todo = `ip link add ${bridge} type bridge; ip link set ${bridge} up`;
    problems.push({ code: 'VERIFY_BRIDGE_MISSING', subject: `bridge ${bridge}`, text: 'does not exist on this node', todo });
  }
  return problems;
}

async function hypervisorProblems(parts: NodeParts, { hypervisors }: RpcParams<'node-verify'>): Promise<Problem[]> {
  const perHypervisor = hypervisors.map(async (name): Promise<Problem[]> => {
    const hypervisor = parts.hypervisors.get(name);
    const subject = `hypervisor ${name}`;
    if (!hypervisor) {
      return [
        { code: 'VERIFY_HYPERVISOR_MISSING', subject, text: 'this node has no adapter for it', todo: 'disable it or upgrade the node' },
      ];
    }
    try {
      return await hypervisor.verify();
    } catch (error) {
      const { code, what, todo } = GantryError.from(error).toReport();
      return [{ code, subject, text: what, todo }];
    }
  });
  return (await Promise.all(perHypervisor)).flat();
}

async function folderProblems(parts: NodeParts, { storage_dirs: folders }: RpcParams<'node-verify'>): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const folder of folders) {
    const text = await parts.folderProblem(folder);
    const todo = `mount the file system, or make the folder ${folder} with mode 0711, owned by root`;
    if (text !== null) problems.push({ code: 'VERIFY_STORAGE_DIR', subject: `folder ${folder}`, text, todo });
  }
  return problems;
}

function certificateProblems({ certificates }: NodeParts): Problem[] {
  if (!certificates.needsRenewal()) return [];
  const text = 'less than a third of its life is left, and it was not renewed';
  return [{ code: 'VERIFY_CERTIFICATE_OLD', subject: 'certificate of the node', text, todo: 'look at the log of the master' }];
}
