import { type Static, Type } from 'typebox';
import { diskTemplates } from '../../../model/disk-templates/catalogue.ts';
import { allocPolicies } from '../alloc-policies.ts';
import { PolicySchema } from '../live/policy-schema.ts';

const Count = Type.Integer({ minimum: 0 });
const Told = Type.Optional(Type.Union([Count, Type.Null()]));
const Name = Type.String({ minLength: 1 });
const Names = Type.Array(Name);
const OptionalName = Type.Optional(Type.Union([Type.String(), Type.Null()]));
const Tags = Type.Array(Type.String());

const Group = Type.Object({
  name: Name,
  alloc_policy: Type.Enum([...allocPolicies]),
  networks: Tags,
  ipolicy: PolicySchema,
  tags: Tags,
});

const Node = Type.Object({
  group: Type.String(),
  offline: Type.Boolean(),
  drained: Type.Boolean(),
  vm_capable: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  ndparams: Type.Object({
    exclusive_storage: Type.Boolean(),
    spindle_count: Count,
    cpu_speed: Type.Optional(Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()])),
  }),
  tags: Type.Optional(Tags),
  total_memory: Told,
  reserved_memory: Told,
  free_memory: Told,
  total_disk: Told,
  free_disk: Told,
  total_spindles: Told,
  free_spindles: Told,
  total_cpus: Told,
  reserved_cpus: Told,
});
export type IallocatorNode = Static<typeof Node>;

/** What an instance of the cluster and one that is to be placed have in common. */
const instanceFields = {
  disk_space_total: Count,
  disks: Type.Array(Type.Object({ size: Count, spindles: Told })),
  memory: Count,
  vcpus: Count,
  tags: Tags,
  disk_template: Type.Enum([...diskTemplates]),
  spindle_use: Count,
  nics: Type.Array(
    Type.Object({
      mode: Type.Optional(Type.Union([Type.Enum(['bridged', 'routed', 'openvswitch']), Type.Null()])),
      network: OptionalName,
    }),
  ),
  admin_state: Type.Optional(Type.Unknown()),
  forthcoming: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
};
const Instance = Type.Object(instanceFields);
export type IallocatorInstance = Static<typeof Instance>;

export const Message = Type.Object({
  cluster_tags: Tags,
  enabled_hypervisors: Type.Array(Type.String()),
  nodegroups: Type.Record(Type.String(), Group),
  nodes: Type.Record(Type.String(), Node),
  instances: Type.Record(Type.String(), Type.Object({ ...instanceFields, nodes: Type.Array(Type.String(), { minItems: 1 }) })),
  request: Type.Object({
    type: Type.Enum(['allocate', 'relocate', 'change-group', 'node-evacuate', 'multi-allocate', 'allocate-secondary']),
  }),
});
export type Message = Static<typeof Message>;

const Wanted = Type.Object({ ...instanceFields, name: Name, required_nodes: Count, group_name: OptionalName });
export type Wanted = Static<typeof Wanted>;

export const AllocateRequest = Type.Intersect([
  Wanted,
  Type.Object({ 'restrict-to-nodes': Type.Optional(Type.Union([Names, Type.Null()])) }),
]);
export const RelocateRequest = Type.Object({ name: Name, required_nodes: Count, relocate_from: Names });
export const ChangeGroupRequest = Type.Object({ instances: Names, target_groups: Names });
export const NodeEvacuateRequest = Type.Object({
  instances: Names,
  evac_mode: Type.Enum(['primary-only', 'secondary-only', 'all']),
});
export const MultiAllocateRequest = Type.Object({ instances: Type.Array(Wanted), group_name: OptionalName });
export const AllocateSecondaryRequest = Type.Object({ name: Name });
