import { defineOperation } from '../../jobs/index.ts';
import { networkOpcodes } from '../../model/index.ts';
import { findGroup, findNetwork } from '../lib/find-object.ts';

interface ConnectPlan {
  readonly network: string;
  readonly group: string;
  readonly connection: { readonly mode: string; readonly link: string; readonly vlan: string };
}

export const networkConnect = () =>
  defineOperation(networkOpcodes.networkConnect, {
    async plan({ config }, params): Promise<ConnectPlan> {
      return {
        network: findNetwork(config, params.network_name).uuid,
        group: findGroup(config, params.group_name).uuid,
        connection: { mode: params.network_mode, link: params.network_link, vlan: params.network_vlan ?? '' },
      };
    },
    steps: ({ network, group, connection }) => [
      {
        name: 'connect the network',
        commit(draft) {
          draft.need('group', group);
          draft.update('network', network, (old) => ({ ...old, groups: { ...old.groups, [group]: connection } }));
        },
      },
    ],
    result: () => null,
  });
