import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { type Network, networkOpcodes } from '../../model/index.ts';
import { requireFreeName } from '../lib/find-object.ts';
import { parseCidr, parseIpv4 } from '../lib/ipv4.ts';

export const networkAdd = () =>
  defineOperation(networkOpcodes.networkAdd, {
    async plan({ config, clock, newUuid }, params): Promise<Network> {
      requireFreeName(config, 'network', params.network_name);
      const range = parseCidr(params.network);
      if (!range) throw invalid('network', `"${params.network}" is not an IPv4 network such as 10.1.0.0/24 with a prefix of 8 to 30`);
      const inside = (field: string, address: string) => {
        const value = parseIpv4(address);
        if (value === undefined || value < range.first || value > range.last)
          throw invalid(field, `"${address}" is not in ${params.network}`);
      };
      if (params.gateway) inside('gateway', params.gateway);
      for (const address of params.add_reserved_ips ?? []) inside('add_reserved_ips', address);
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
        mac_prefix: params.mac_prefix ?? null,
        external_reservations: [...(params.add_reserved_ips ?? [])],
        groups: {},
      };
    },
    steps: (network) => [
      {
        name: 'add the network',
        commit: (draft) => draft.create('network', network),
        uncommit: (draft) => draft.remove('network', network.uuid),
      },
    ],
    result: () => null,
  });

const invalid = (field: string, problem: string) => new GantryError('INPUT_INVALID', { subject: 'OP_NETWORK_ADD', field, problem });
