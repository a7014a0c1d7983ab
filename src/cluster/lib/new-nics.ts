import { GantryError } from '../../base/index.ts';
import type { PlanContext } from '../../jobs/index.ts';
import type { instanceOpcodes, Network, Nic, NicparamsPartial, Node, OpcodeParams } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { findNetwork } from './find-object.ts';
import { parseIpv4 } from './ipv4.ts';
import { pickAddress } from './pick-address.ts';
import { pickMac } from './pick-mac.ts';

type NicWish = NonNullable<OpcodeParams<typeof instanceOpcodes.instanceCreate>['nics']>[number];

/**
 * The NICs of a new instance. Without a wish it gets one: in the network of its node group with the next free address
 * where the group has exactly one network, else with the cluster's default parameters and no address.
 */
export function newNics(context: PlanContext, wishes: readonly NicWish[] | undefined, node: Node): Nic[] {
  const taken = { macs: new Set<string>(), ips: new Set<string>() };
  return (wishes ?? [defaultWish(context.config, node)]).map((wish) => newNic(context, wish, node, taken));
}

function defaultWish(config: ConfigSnapshot, node: Node): NicWish {
  const connected = [...config.networks.values()].filter((network) => network.groups[node.group]);
  const [only] = connected;
  return only && connected.length === 1 ? { network: only.name, ip: 'pool' } : {};
}

function newNic(context: PlanContext, wish: NicWish, node: Node, taken: { macs: Set<string>; ips: Set<string> }): Nic {
  const { config } = context;
  const network = wish.network ? findNetwork(config, wish.network) : undefined;
  const ip = nicAddress(config, wish, network, taken.ips);
  if (ip && network) taken.ips.add(ip);
  const asked = wish.mac && wish.mac !== 'auto' && wish.mac !== 'generate' ? wish.mac : undefined;
  if (asked) requireFreeMac(config, asked, taken.macs);
  const mac = asked ?? pickMac(config, network?.mac_prefix ?? config.cluster.mac_prefix, context.random, taken.macs);
  taken.macs.add(mac);
  return {
    uuid: context.newUuid(),
    name: wish.name ?? null,
    mac,
    ip,
    network: network?.uuid ?? null,
    nicparams: nicparamsOf(config, wish, network, node),
  };
}

/** @throws CLAIM_TAKEN */
function requireFreeMac(config: ConfigSnapshot, mac: string, taken: ReadonlySet<string>): void {
  const holder = config.claim('mac', mac);
  if (holder === undefined && !taken.has(mac)) return;
  const instance = holder === undefined ? undefined : config.instances.get(holder);
  const owner = instance ? `instance ${instance.name}` : 'another NIC of this instance';
  throw new GantryError('CLAIM_TAKEN', { what: 'MAC address', value: mac, owner });
}

function nicAddress(config: ConfigSnapshot, wish: NicWish, network: Network | undefined, taken: ReadonlySet<string>): string | null {
  if (wish.ip === undefined || wish.ip === null) return null;
  if (network) return pickAddress(config, network, wish.ip, taken);
  if (wish.ip === 'pool') throw invalid('nics.ip', '"pool" needs a network');
  if (parseIpv4(wish.ip) === undefined) throw invalid('nics.ip', `"${wish.ip}" is not an IPv4 address`);
  return wish.ip;
}

/** A network decides mode and link by its connection to the node's group; otherwise the wish does. */
function nicparamsOf(config: ConfigSnapshot, wish: NicWish, network: Network | undefined, node: Node): NicparamsPartial {
  if (network) {
    const connection = network.groups[node.group];
    if (!connection) {
      const group = config.groups.get(node.group)?.name ?? node.group;
      throw new GantryError('NETWORK_NOT_CONNECTED', { name: network.name, group });
    }
    if (wish.mode || wish.link || wish.vlan) throw invalid('nics', 'mode, link and vlan are decided by the network');
    return { mode: connection.mode as 'bridged' | 'routed', link: connection.link, vlan: connection.vlan };
  }
  const mode = wish.mode ?? config.cluster.nicparams.mode;
  if (mode === 'routed' && !wish.ip) throw invalid('nics.ip', 'a routed NIC needs an address');
  return {
    ...(wish.mode && { mode: wish.mode }),
    ...(wish.link !== undefined && { link: wish.link }),
    ...(wish.vlan !== undefined && { vlan: wish.vlan }),
  };
}

const invalid = (field: string, problem: string) => new GantryError('INPUT_INVALID', { subject: 'OP_INSTANCE_CREATE', field, problem });
