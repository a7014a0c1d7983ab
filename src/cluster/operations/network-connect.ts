import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { type Network, type NicMode, nicparamsProblem, opcodes, placesOf } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { findGroup, findNetwork } from '../lib/find-object.ts';
import { networkHas } from '../lib/networking/address-use.ts';
import { noPlacement } from '../lib/no-placement.ts';

interface ConnectPlan {
  readonly network: string;
  readonly group: string;
  readonly connection: { readonly mode: NicMode; readonly link: string; readonly vlan: string };
}

export const networkConnect = () =>
  defineOperation(opcodes.networkConnect, {
    locks: (params) => [...opcodes.networkConnect.touches(params), noPlacement],
    async plan({ config }, params): Promise<ConnectPlan> {
      const network = findNetwork(config, params.network_name);
      const group = findGroup(config, params.group_name);
      const connection = { mode: params.network_mode as NicMode, link: params.network_link, vlan: params.network_vlan ?? '' };
      const problem = nicparamsProblem(connection);
      if (problem !== null) throw new GantryError('INPUT_INVALID', { subject: 'OP_NETWORK_CONNECT', field: 'network_link', problem });
      if (params.conflicts_check !== false) requireNoStranger(config, network, group);
      return { network: network.uuid, group: group.uuid, connection };
    },
    steps: ({ network, group, connection }) => [
      {
        id: 'connect-network',
        title: 'connect the network',
        commit(draft) {
          draft.need('group', group);
          draft.update('network', network, (old) => ({ ...old, groups: { ...old.groups, [group]: connection } }));
        },
      },
    ],
    result: () => null,
  });

/**
 * An instance of the group may have an address of the network on a NIC outside networks; the network could then assign this
 * address again. @throws NETWORK_ADDRESSES_TAKEN
 */
function requireNoStranger(config: ConfigSnapshot, network: Network, group: { readonly uuid: string; readonly name: string }): void {
  const strangers = [...config.instances.values()].flatMap((instance) => {
    if (!placesOf(instance).some((node) => config.nodes.get(node)?.group === group.uuid)) return [];
    const nic = instance.nics.find(({ ip, network: own }) => ip !== null && own === null && networkHas(network, ip));
    return nic ? [`${instance.name} (${nic.ip})`] : [];
  });
  if (strangers.length === 0) return;
  const shown = strangers.length > 5 ? [...strangers.slice(0, 5), `${strangers.length - 5} more`] : strangers;
  throw new GantryError('NETWORK_ADDRESSES_TAKEN', { name: network.name, group: group.name, instances: shown.join(', ') });
}
