import {
  type Beparams,
  type Cluster,
  configVersion,
  type Disk,
  type DiskTemplate,
  type Instance,
  type Ipolicy,
  type Ndparams,
  type Network,
  type Nic,
  type Nicparams,
  type Node,
  type NodeGroup,
} from '../../model/index.ts';
import type { InstanceRuntime, NodeInfo } from '../../rpc/index.ts';
import type { InitialObjects } from '../../store/index.ts';
import { captured } from './captured.ts';

interface Common {
  uuid: string;
  ctime: number;
  mtime: number;
  serial_no: number;
  tags: string[];
  name: string;
}
interface InfoReply extends Common {
  master: string;
  mac_prefix: string;
  enabled_hypervisors: Cluster['enabled_hypervisors'];
  enabled_disk_templates: DiskTemplate[];
  beparams: { default: Beparams };
  nicparams: { default: Nicparams };
  ndparams: Ndparams;
  ipolicy: Ipolicy;
  diskparams: Cluster['diskparams'];
  file_storage_dir: string;
  shared_file_storage_dir: string;
}
interface NodeReply extends Common {
  pip: string;
  sip: string;
  'group.uuid': string;
  mtotal: number;
  mfree: number;
  mnode: number;
  dtotal: number;
  dfree: number;
  ctotal: number;
  cnodes: number;
  csockets: number;
}
interface NetworkReply extends Common {
  network: string;
  gateway: string;
  mac_prefix: string;
  external_reservations: string;
  group_list: [string, string, string, string][];
}
interface InstanceReply extends Common {
  admin_state: Instance['admin_state'];
  os: string;
  pnode: string;
  disk_template: DiskTemplate;
  'nic.ips': (string | null)[];
  'nic.macs': string[];
  'nic.uuids': string[];
  'nic.names': (string | null)[];
  'nic.networks': (string | null)[];
  'disk.sizes': number[];
  'disk.uuids': string[];
  'disk.names': (string | null)[];
  custom_beparams: Instance['beparams'];
  custom_nicparams: Nic['nicparams'][];
  network_port: number | null;
  oper_state: boolean;
  oper_ram: number | null;
  oper_vcpus: number | null;
}

const common = ({ uuid, ctime, mtime, serial_no, tags, name }: Common): Common => ({ uuid, ctime, mtime, serial_no, tags, name });
const nodeReplies = () => captured<NodeReply[]>('nodes-bulk');
const instanceReplies = () => captured<InstanceReply[]>('instances-bulk');

/** The cluster whose replies were captured, as objects of ours. */
export function capturedCluster(): InitialObjects {
  return {
    cluster: clusterFrom(captured('info')),
    groups: captured<Common[]>('groups-bulk').map(groupFrom),
    nodes: nodeReplies().map(nodeFrom),
    networks: captured<NetworkReply[]>('networks-bulk').map(networkFrom),
    instances: instanceReplies().map(instanceFrom),
  };
}

function uuidOf(replies: readonly Common[], name: string): string {
  const found = replies.find((reply) => reply.name === name);
  if (!found) throw new Error(`no captured object ${name}`);
  return found.uuid;
}

function clusterFrom(info: InfoReply): Cluster {
  const { enabled_hypervisors, enabled_disk_templates, mac_prefix, ndparams, ipolicy, diskparams } = info;
  const { name: cluster_name, ...ids } = common({ ...info, serial_no: 1 });
  return {
    ...ids,
    cluster_name,
    config_version: configVersion,
    master_node: uuidOf(nodeReplies(), info.master),
    mac_prefix,
    enabled_hypervisors,
    enabled_disk_templates,
    hvparams: {},
    os_hvp: {},
    beparams: info.beparams.default,
    nicparams: info.nicparams.default,
    ndparams,
    ipolicy,
    diskparams,
    osparams: {},
    file_storage_dir: info.file_storage_dir,
    shared_file_storage_dir: info.shared_file_storage_dir,
    default_iallocator: 'hail',
    candidate_pool_size: 10,
    max_running_jobs: 20,
    port_range: [11000, 14999],
    drained: false,
  };
}

const groupFrom = (reply: Common): NodeGroup => ({
  ...common(reply),
  alloc_policy: 'preferred',
  ipolicy: {},
  ndparams: {},
  diskparams: {},
});

const nodeFrom = (reply: NodeReply): Node => ({
  ...common(reply),
  primary_ip: reply.pip,
  secondary_ip: reply.sip,
  agent_port: 1811,
  group: reply['group.uuid'],
  master_candidate: true,
  master_capable: true,
  vm_capable: true,
  offline: false,
  drained: false,
  powered: true,
  ndparams: {},
  certificate_fingerprint: '0'.repeat(64),
});

function networkFrom(reply: NetworkReply): Network {
  const groups = captured<Common[]>('groups-bulk');
  const connections = reply.group_list.map(([group, mode, link, vlan]) => [uuidOf(groups, group), { mode, link, vlan }]);
  return {
    ...common(reply),
    network: reply.network,
    gateway: reply.gateway,
    mac_prefix: reply.mac_prefix,
    external_reservations: reply.external_reservations.split(', '),
    groups: Object.fromEntries(connections),
  };
}

function instanceFrom(reply: InstanceReply): Instance {
  const nics = reply['nic.macs'].map((mac, index): Nic => {
    const [uuid = '', name = null] = [reply['nic.uuids'][index], reply['nic.names'][index]];
    const [ip = null, network = null] = [reply['nic.ips'][index], reply['nic.networks'][index]];
    return { uuid, name, mac, ip, network, nicparams: reply.custom_nicparams[index] ?? {} };
  });
  const disks = reply['disk.sizes'].map((size, index): Disk => {
    const [uuid = '', name = null] = [reply['disk.uuids'][index], reply['disk.names'][index]];
    return { uuid, name, size, dev_type: reply.disk_template, mode: 'rw', format: 'raw', logical_id: [], params: {} };
  });
  return {
    ...common(reply),
    primary_node: uuidOf(nodeReplies(), reply.pnode),
    secondary_nodes: [],
    os: reply.os,
    hypervisor: 'fake',
    hvparams: {},
    beparams: reply.custom_beparams,
    osparams: {},
    admin_state: reply.admin_state,
    admin_state_source: 'admin',
    disk_template: reply.disk_template,
    disks,
    nics,
    disks_active: reply.oper_state,
    network_port: reply.network_port,
    forthcoming: false,
  };
}

/** What each captured node says about itself, by UUID. */
export function capturedNodeInfo(): Map<string, NodeInfo> {
  return new Map(
    nodeReplies().map((reply) => [
      reply.uuid,
      {
        name: reply.name,
        version: '0',
        boot_id: 'a3c9bd2e-1f1a-4c6e-b7c0-6d1b5c0e9f21',
        memory_total: reply.mtotal,
        memory_free: reply.mfree,
        memory_dom0: reply.mnode,
        disk_total: reply.dtotal,
        disk_free: reply.dfree,
        cpu_total: reply.ctotal,
        cpu_nodes: reply.cnodes,
        cpu_sockets: reply.csockets,
        hypervisors: { fake: { version: '1', accelerator: null, problem: null } },
        disk_templates: ['file', 'sharedfile', 'diskless'],
      },
    ]),
  );
}

/** The instances that ran when the replies were captured, by the UUID of their node. */
export function capturedRuntimes(): Map<string, InstanceRuntime[]> {
  const byNode = new Map<string, InstanceRuntime[]>();
  for (const { uuid, name, pnode, oper_state, oper_ram, oper_vcpus } of instanceReplies()) {
    if (!oper_state) continue;
    const node = uuidOf(nodeReplies(), pnode);
    const runtime: InstanceRuntime = {
      uuid,
      name,
      hypervisor: 'fake',
      state: 'running',
      memory: oper_ram ?? 0,
      vcpus: oper_vcpus ?? 0,
      cpu_seconds: 1,
      pid: null,
    };
    byNode.set(node, [...(byNode.get(node) ?? []), runtime]);
  }
  return byNode;
}
