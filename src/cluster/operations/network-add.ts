import { GantryError, isUnicastIpv4, parseCidr, parseCidr6, parseIpv4, parseIpv6 } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { type Network, type OpcodeParams, opcodes } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { requireFreeName } from '../lib/find-object.ts';
import { addressBook, describeUser } from '../lib/networking/address-use.ts';

type Params = OpcodeParams<typeof opcodes.networkAdd>;

export const networkAdd = () =>
  defineOperation(opcodes.networkAdd, {
    async plan({ config, clock, newUuid }, params): Promise<Network> {
      requireFreeName(config, 'network', params.network_name);
      requireNetworkAddresses(params);
      if (params.gateway && params.conflicts_check !== false) requireNoGuest(config, params.gateway);
      const now = clock.now() / 1000;
      return {
        uuid: newUuid(),
        name: params.network_name,
        ctime: now,
        mtime: now,
        serial_no: 1,
        tags: [...new Set(params.tags ?? [])].sort(),
        network: params.network,
        gateway: params.gateway ?? null,
        network6: params.network6 ?? null,
        gateway6: params.gateway6 ?? null,
        mac_prefix: params.mac_prefix?.toLowerCase() ?? null,
        external_reservations: [...(params.add_reserved_ips ?? [])],
        groups: {},
      };
    },
    steps: (network) => [
      {
        id: 'add-network',
        title: 'add the network',
        commit: (draft) => draft.create('network', network),
        uncommit: (draft) => draft.remove('network', network.uuid),
      },
    ],
    result: () => null,
  });

/** @throws INPUT_INVALID naming what is no network, or no usable address of it */
export function requireNetworkAddresses(params: Pick<Params, 'network' | 'gateway' | 'network6' | 'gateway6' | 'add_reserved_ips'>): void {
  const range = parseCidr(params.network);
  if (!range || !isUnicastIpv4(range.first) || !isUnicastIpv4(range.last))
    throw invalid('network', `"${params.network}" is not an IPv4 network for hosts such as 10.1.0.0/24 with a prefix of 8 to 30`);
  const inside = (field: string, address: string): number => {
    const value = parseIpv4(address);
    if (value === undefined || value < range.first || value > range.last) throw invalid(field, `"${address}" is not in ${params.network}`);
    return value;
  };
  if (params.gateway) {
    const value = inside('gateway', params.gateway);
    if (value === range.first || value === range.last)
      throw invalid('gateway', `"${params.gateway}" is the network or broadcast address of ${params.network}`);
  }
  for (const address of params.add_reserved_ips ?? []) inside('add_reserved_ips', address);
  const range6 = params.network6 ? parseCidr6(params.network6) : undefined;
  if (params.network6 && !range6) throw invalid('network6', `"${params.network6}" is not an IPv6 network such as 2001:db8:1::/64`);
  if (!params.gateway6) return;
  if (!range6) throw invalid('gateway6', 'needs a network6');
  const value = parseIpv6(params.gateway6);
  if (value === undefined || value < range6.first || value > range6.last)
    throw invalid('gateway6', `"${params.gateway6}" is not in ${params.network6}`);
}

/** A router may be a node; an instance outside of the network that has its address is a conflict. @throws CLAIM_TAKEN */
function requireNoGuest(config: ConfigSnapshot, gateway: string): void {
  const user = (addressBook(config).get(gateway) ?? []).find(({ kind, network }) => kind === 'instance' && network === null);
  if (user) throw new GantryError('CLAIM_TAKEN', { what: 'IP address', value: gateway, owner: describeUser(user) });
}

const invalid = (field: string, problem: string) => new GantryError('INPUT_INVALID', { subject: 'OP_NETWORK_ADD', field, problem });
