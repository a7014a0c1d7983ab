import type { Instance, Network, NodeGroup } from '../../model/index.ts';
import { toMany } from './relation.ts';
import { snapshotIndex } from './snapshot-index.ts';

const instancesByNetwork = snapshotIndex<Instance>(
  (config) => config.instances,
  (instance) => instance.nics.flatMap(({ network }) => (network === null ? [] : [network])),
);

export const networkRelations = {
  groups: toMany<Network, NodeGroup>('group', 'Node groups it is connected to', (network, config) =>
    Object.keys(network.groups).flatMap((uuid) => config.groups.get(uuid) ?? []),
  ),
  instances: toMany<Network, Instance>('instance', 'Instances with a NIC in it', (network, config) =>
    instancesByNetwork(network.uuid, config),
  ),
};
