import { GantryError, isUnicastIpv4, parseIpv4 } from '../../../base/index.ts';
import type { PlanContext } from '../../../jobs/index.ts';
import type { Network, Nic, NicMode, Node, OpcodeParams, opcodes } from '../../../model/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';
import { findNetwork } from '../find-object.ts';
import { networksWith } from './address-use.ts';
import { nicparamsOf } from './nic-parameters.ts';
import { pickAddress, requireFreeAddress } from './pick-address.ts';
import { pickMac } from './pick-mac.ts';

type CreateParams = OpcodeParams<typeof opcodes.instanceCreate>;
type NicWish = NonNullable<CreateParams['nics']>[number];

/** Addresses and MACs that earlier NICs of the same plan have. */
interface Taken {
  readonly macs: Set<string>;
  /** By network (UUID; empty: outside of networks). */
  readonly ips: Map<string, Set<string>>;
}

/**
 * The NICs of a new instance. If none is requested, it gets one NIC: in the network of its node group with the next free address
 * where the group has exactly one network, else with the cluster's default parameters and no address.
 * @throws INPUT_INVALID, NETWORK_NOT_CONNECTED, ADDRESS_OUTSIDE, ADDRESS_OF_NETWORK, CLAIM_TAKEN, NETWORK_FULL
 */
export function newNics(context: PlanContext, params: Pick<CreateParams, 'nics' | 'conflicts_check'>, node: Node): Nic[] {
  const taken: Taken = { macs: new Set(), ips: new Map() };
  const wishes = params.nics ?? [defaultWish(context.config, node)];
  return wishes.map((wish) => newNic(context, wish, node, taken, params.conflicts_check ?? true));
}

/** What NICs would be connected to on a node, as far as it is known before one is chosen. */
export function wishedNics(config: ConfigSnapshot, { nics }: Pick<CreateParams, 'nics'>, node: Node): Pick<Nic, 'network' | 'nicparams'>[] {
  return (nics ?? [defaultWish(config, node)]).map(({ network, mode, link }) => ({
    network: network ? findNetwork(config, network).uuid : null,
    nicparams: { ...(mode && { mode: mode as NicMode }), ...(link !== undefined && { link }) },
  }));
}

function defaultWish(config: ConfigSnapshot, node: Node): NicWish {
  const connected = [...config.networks.values()].filter((network) => network.groups[node.group]);
  const [only] = connected;
  return only && connected.length === 1 ? { network: only.name, ip: 'pool' } : {};
}

function newNic(context: PlanContext, wish: NicWish, node: Node, taken: Taken, check: boolean): Nic {
  const { config } = context;
  const network = wish.network ? findNetwork(config, wish.network) : undefined;
  const nicparams = nicparamsOf(config, wish, network, node);
  const ip = nicAddress(config, wish, network, taken);
  if (ip && !network)
    requireNoConflict(config, ip, node, { check, routed: (nicparams.mode ?? config.cluster.nicparams.mode) === 'routed' });
  if (ip) taken.ips.get(network?.uuid ?? '')?.add(ip);
  const asked = wish.mac && wish.mac !== 'auto' && wish.mac !== 'generate' ? wish.mac.toLowerCase() : undefined;
  if (asked) requireFreeMac(config, asked, taken.macs);
  const mac = asked ?? pickMac(config, network?.mac_prefix ?? config.cluster.mac_prefix, context.random, taken.macs);
  taken.macs.add(mac);
  return { uuid: context.newUuid(), name: wish.name ?? null, mac, ip, network: network?.uuid ?? null, nicparams };
}

/** @throws CLAIM_TAKEN */
function requireFreeMac(config: ConfigSnapshot, mac: string, taken: ReadonlySet<string>): void {
  const holder = config.claim('mac', mac);
  if (holder === undefined && !taken.has(mac)) return;
  const instance = holder === undefined ? undefined : config.instances.get(holder);
  const owner = instance ? `instance ${instance.name}` : 'another NIC of this instance';
  throw new GantryError('CLAIM_TAKEN', { what: 'MAC address', value: mac, owner });
}

function nicAddress(config: ConfigSnapshot, wish: NicWish, network: Network | undefined, taken: Taken): string | null {
  if (wish.ip === undefined || wish.ip === null) return null;
  const key = network?.uuid ?? '';
  const others = taken.ips.get(key) ?? new Set();
  taken.ips.set(key, others);
  if (network) return pickAddress(config, network, wish.ip, others);
  if (wish.ip === 'pool') throw invalid('nics.ip', '"pool" needs a network');
  const value = parseIpv4(wish.ip);
  if (value === undefined) throw invalid('nics.ip', `"${wish.ip}" is not an IPv4 address`);
  if (!isUnicastIpv4(value)) throw invalid('nics.ip', `"${wish.ip}" is not an address that a host can have`);
  if (others.has(wish.ip))
    throw new GantryError('CLAIM_TAKEN', { what: 'IP address', value: wish.ip, owner: 'another NIC of this instance' });
  return wish.ip;
}

/**
 * An address outside of networks must be free, and of no network of the node's group. Without the check, the operator is
 * responsible for bridged NICs. A node's address, and for routed NICs any address in use, is refused in any case.
 * @throws CLAIM_TAKEN, ADDRESS_OF_NETWORK
 */
function requireNoConflict(config: ConfigSnapshot, ip: string, node: Node, { check, routed }: { check: boolean; routed: boolean }): void {
  if (check || routed) requireFreeAddress(config, ip, null, new Set());
  else requireNoNode(config, ip);
  const [owner] = check ? networksWith(config, ip, node.group) : [];
  if (owner) throw new GantryError('ADDRESS_OF_NETWORK', { ip, name: owner.name, cidr: owner.network });
}

/** @throws CLAIM_TAKEN */
function requireNoNode(config: ConfigSnapshot, ip: string): void {
  for (const { name, primary_ip, secondary_ip } of config.nodes.values()) {
    if (ip === primary_ip || ip === secondary_ip)
      throw new GantryError('CLAIM_TAKEN', { what: 'IP address', value: ip, owner: `node ${name}` });
  }
}

const invalid = (field: string, problem: string) => new GantryError('INPUT_INVALID', { subject: 'OP_INSTANCE_CREATE', field, problem });
