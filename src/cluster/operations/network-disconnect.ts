import { defineOperation } from '../../jobs/index.ts';
import { opcodes } from '../../model/index.ts';
import { findGroup, findNetwork } from '../lib/find-object.ts';
import { requireNoNics } from '../lib/networking/network-users.ts';
import { noPlacement } from '../lib/no-placement.ts';

export const networkDisconnect = () =>
  defineOperation(opcodes.networkDisconnect, {
    locks: (params) => [...opcodes.networkDisconnect.touches(params), noPlacement],
    async plan({ config }, params): Promise<{ network: string; group: string }> {
      const network = findNetwork(config, params.network_name);
      const group = findGroup(config, params.group_name);
      requireNoNics(config, network, group.uuid);
      return { network: network.uuid, group: group.uuid };
    },
    steps: ({ network, group }) => [
      {
        id: 'disconnect-network',
        title: 'disconnect the network',
        commit(draft) {
          draft.update('network', network, (old) => {
            const { [group]: _gone, ...groups } = old.groups;
            return { ...old, groups };
          });
        },
      },
    ],
    result: () => null,
  });
