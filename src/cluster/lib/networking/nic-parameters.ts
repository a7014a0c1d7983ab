import { GantryError } from '../../../base/index.ts';
import {
  fillNicparams,
  type Network,
  type Nic,
  type NicMode,
  type Nicparams,
  type NicparamsPartial,
  type Node,
  nicparamsProblem,
  type OpcodeParams,
  type opcodes,
  routingTable,
} from '../../../model/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';

type NicWish = NonNullable<OpcodeParams<typeof opcodes.instanceCreate>['nics']>[number];

/** How a network is reached on nodes of a group. */
export function connectionOf(network: Network, group: string): { mode: NicMode; link: string; vlan: string } | undefined {
  const connection = network.groups[group];
  return connection && { mode: connection.mode as NicMode, link: connection.link, vlan: connection.vlan };
}

/** What a NIC is set up with on nodes of a group, where its network may be reached over another bridge. */
export function nicparamsIn(config: ConfigSnapshot, nic: Pick<Nic, 'network' | 'nicparams'>, group = ''): Nicparams {
  const network = nic.network === null ? undefined : config.networks.get(nic.network);
  return (network && connectionOf(network, group)) ?? fillNicparams(config.cluster, nic);
}

/**
 * A network decides mode, link and VLAN by its connection to the node's group; otherwise the request decides, then the defaults
 * of the cluster.
 * @throws NETWORK_NOT_CONNECTED, INPUT_INVALID when no node could set up such a NIC
 */
export function nicparamsOf(config: ConfigSnapshot, wish: NicWish, network: Network | undefined, node: Node): NicparamsPartial {
  if (network) {
    const connection = connectionOf(network, node.group);
    if (!connection) {
      const group = config.groups.get(node.group)?.name ?? node.group;
      throw new GantryError('NETWORK_NOT_CONNECTED', { name: network.name, group });
    }
    if (wish.mode || wish.link || wish.vlan) throw invalid('nics', 'mode, link and vlan are decided by the network');
    return connection;
  }
  const own: NicparamsPartial = {
    ...(wish.mode && { mode: wish.mode as NicMode }),
    ...(wish.link !== undefined && { link: wish.link }),
    ...(wish.vlan !== undefined && { vlan: wish.vlan }),
  };
  const filled = fillNicparams(config.cluster, { nicparams: own });
  const problem = nicparamsProblem(filled);
  if (problem !== null) throw invalid('nics', problem);
  if (filled.mode !== 'routed') return own;
  if (!wish.ip) throw invalid('nics.ip', 'a routed NIC needs an address');
  const tables = namedTables(config);
  if (!tables.has(routingTable(filled.link))) {
    throw invalid('nics.link', `the cluster names no routing table "${filled.link}", only ${[...tables].join(', ')}`);
  }
  return own;
}

/** Routing tables that an operator of the cluster has named: in its NIC parameters or as the link of a connected network. */
function namedTables(config: ConfigSnapshot): Set<string> {
  const { nicparams } = config.cluster;
  const connections = [...config.networks.values()].flatMap(({ groups }) => Object.values(groups));
  const routed = [nicparams, ...connections].filter(({ mode }) => mode === 'routed');
  return new Set(['main', ...routed.map(({ link }) => routingTable(link))]);
}

const invalid = (field: string, problem: string) => new GantryError('INPUT_INVALID', { subject: 'OP_INSTANCE_CREATE', field, problem });
