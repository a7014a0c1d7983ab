import { GantryError } from '../../base/index.ts';
import { defineOperation } from '../../jobs/index.ts';
import { opcodes } from '../../model/index.ts';
import { findNetwork } from '../lib/find-object.ts';
import { requireNoNics } from '../lib/networking/network-users.ts';
import { noPlacement } from '../lib/no-placement.ts';

export const networkRemove = () =>
  defineOperation(opcodes.networkRemove, {
    locks: (params) => [...opcodes.networkRemove.touches(params), noPlacement],
    async plan({ config }, params): Promise<{ uuid: string }> {
      const network = findNetwork(config, params.network_name);
      requireNoNics(config, network);
      const groups = Object.keys(network.groups).map((uuid) => config.groups.get(uuid)?.name ?? uuid);
      if (groups.length > 0 && !params.force) {
        throw new GantryError('NETWORK_IN_USE', { name: network.name, users: groups.map((name) => `group ${name}`).join(', ') });
      }
      return { uuid: network.uuid };
    },
    steps: ({ uuid }) => [{ id: 'remove-network', title: 'remove the network', commit: (draft) => draft.remove('network', uuid) }],
    result: () => null,
  });
