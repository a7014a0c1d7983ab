import { type Static, Type } from 'typebox';
import { Cluster } from '../objects/cluster.ts';
import { Disk } from '../objects/disk.ts';
import { Instance } from '../objects/instance.ts';
import { Network } from '../objects/network.ts';
import { Nic } from '../objects/nic.ts';
import { Node } from '../objects/node.ts';
import { NodeGroup } from '../objects/node-group.ts';

// Objects have the fields that they have in the store; what follows from others, or can be chosen, may be absent.
// They name each other by name.

const closed = { additionalProperties: false };
const common = ['uuid', 'ctime', 'mtime', 'tags'] as const;
const ofStore = ['serial_no'] as const;
const reference = (what: string) => Type.String({ description: `Name of the ${what}, in this file or in the store` });

const parameters = [
  'tags',
  'enabled_hypervisors',
  'enabled_disk_templates',
  'hvparams',
  'os_hvp',
  'beparams',
  'nicparams',
  'ndparams',
  'ipolicy',
  'diskparams',
  'osparams',
  'mac_prefix',
  'port_range',
  'location',
  'candidate_pool_size',
  'max_running_jobs',
] as const;

const ImportedGroup = Type.Object(
  { ...Type.Partial(Type.Omit(NodeGroup, [...ofStore, 'name'])).properties, name: NodeGroup.properties.name },
  closed,
);

const ImportedNode = Type.Object(
  {
    ...Type.Partial(Type.Pick(Node, [...common, 'secondary_ip', 'agent_port', 'master_capable', 'vm_capable', 'ndparams'])).properties,
    ...Type.Pick(Node, ['name', 'primary_ip']).properties,
    group: reference('node group'),
  },
  closed,
);

const ImportedNetwork = Type.Object(
  {
    ...Type.Partial(Type.Omit(Network, [...ofStore, 'name', 'network', 'groups'])).properties,
    ...Type.Pick(Network, ['name', 'network']).properties,
    /** Name of a node group to how the network is connected there. */
    groups: Type.Optional(Network.properties.groups),
  },
  closed,
);

const ImportedDisk = Type.Object(
  {
    ...Type.Partial(Type.Omit(Disk, ['size', 'logical_id', 'dev_type'])).properties,
    ...Type.Pick(Disk, ['size', 'logical_id']).properties,
  },
  closed,
);

const ImportedNic = Type.Object(
  {
    ...Type.Partial(Type.Omit(Nic, ['network'])).properties,
    network: Type.Optional(Type.Union([reference('network'), Type.Null()])),
    ip: Type.Optional(
      Type.Union([Type.String(), Type.Null()], { description: 'An address, or "pool": the lowest free one of the network' }),
    ),
  },
  closed,
);

const ImportedInstance = Type.Object(
  {
    ...Type.Partial(
      Type.Pick(Instance, [...common, 'os', 'hvparams', 'beparams', 'osparams', 'admin_state', 'admin_state_source', 'network_port']),
    ).properties,
    ...Type.Pick(Instance, ['name', 'hypervisor', 'disk_template']).properties,
    primary_node: reference('primary node'),
    secondary_nodes: Type.Optional(Type.Array(reference('secondary node'))),
    disks: Type.Optional(Type.Array(ImportedDisk, { maxItems: 16 })),
    nics: Type.Optional(Type.Array(ImportedNic, { maxItems: 8 })),
  },
  closed,
);
export type ImportedInstance = Static<typeof ImportedInstance>;

/** A whole configuration as a file: what `gantry store import` reads. */
export const ClusterImport = Type.Object(
  {
    gantry_import: Type.Literal(1, { description: 'Version of this form' }),
    /** Replaces these fields of the cluster. */
    cluster: Type.Optional(Type.Object(Type.Partial(Type.Pick(Cluster, [...parameters])).properties, closed)),
    groups: Type.Optional(Type.Array(ImportedGroup)),
    nodes: Type.Optional(Type.Array(ImportedNode)),
    networks: Type.Optional(Type.Array(ImportedNetwork)),
    instances: Type.Optional(Type.Array(ImportedInstance)),
  },
  closed,
);
export type ClusterImport = Static<typeof ClusterImport>;
