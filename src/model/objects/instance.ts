import { type Static, Type } from 'typebox';
import { type HypervisorName as CatalogueName, hypervisors } from '../hypervisors/catalogue.ts';
import { BeparamsPartial } from '../params/beparams.ts';
import { commonFields, Name, PartialParams, Uuid } from './common.ts';
import { Disk, DiskTemplate } from './disk.ts';
import { Nic } from './nic.ts';

export const HypervisorName = Type.Enum([...hypervisors], { description: 'Hypervisor' });
export type HypervisorName = CatalogueName;

export const adminStates = ['up', 'down', 'offline'] as const;

/** A virtual machine or container. */
export const Instance = Type.Object({
  ...commonFields,
  name: Name,
  primary_node: Uuid,
  /** Where it is on its way to: room is kept for it on that node until it is there, or stays. */
  moving_to: Type.Optional(Uuid),
  /** For mirrored templates; UUIDs. */
  secondary_nodes: Type.Array(Uuid),
  os: Type.String(),
  hypervisor: HypervisorName,
  hvparams: PartialParams,
  beparams: BeparamsPartial,
  osparams: Type.Record(Type.String(), Type.String()),
  /** Ganeti's private parameters: kept, never shown; the values are encrypted. */
  osparams_private: Type.Optional(Type.Record(Type.String(), Type.String())),
  admin_state: Type.Enum(adminStates),
  admin_state_source: Type.Enum(['admin', 'user']),
  disk_template: DiskTemplate,
  disks: Type.Array(Disk),
  nics: Type.Array(Nic),
  disks_active: Type.Boolean(),
  /** TCP port of the VNC console (display = port - 5900), unique in the cluster; null where there is none. */
  network_port: Type.Union([Type.Integer(), Type.Null()]),
  /** Room is reserved, nothing is created yet. */
  forthcoming: Type.Boolean(),
});
export type Instance = Static<typeof Instance>;

/** UUIDs of the nodes that an instance is on or on its way to. */
export const placesOf = ({ primary_node, secondary_nodes, moving_to }: Instance): readonly string[] =>
  moving_to === undefined ? [primary_node, ...secondary_nodes] : [primary_node, ...secondary_nodes, moving_to];
