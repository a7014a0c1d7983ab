import { type Static, Type } from 'typebox';
import { diskTemplates } from '../../../model/disk-templates/catalogue.ts';
import { allocPolicies } from '../alloc-policies.ts';
import { instanceStatuses } from '../instance-statuses.ts';
import { PolicySchema } from './policy-schema.ts';

const Count = Type.Integer({ minimum: 0 });
const Tags = Type.Array(Type.String());
/** What a node that is offline, or whose storage does not know it, leaves out. */
const Told = Type.Optional(Type.Union([Count, Type.Null()]));
const Flag = Type.Optional(Type.Union([Type.Boolean(), Type.Null()]));

/** A node under the names of Ganeti's query fields; node parameters without their prefix. */
export const LiveNode = Type.Object({
  name: Type.String({ minLength: 1 }),
  pip: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  'group.uuid': Type.String(),
  offline: Type.Boolean(),
  drained: Type.Boolean(),
  vm_capable: Flag,
  exclusive_storage: Type.Boolean(),
  spindle_count: Count,
  cpu_speed: Type.Optional(Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()])),
  mtotal: Told,
  mnode: Told,
  mfree: Told,
  dtotal: Told,
  dfree: Told,
  ctotal: Told,
  cnos: Told,
  sptotal: Told,
  spfree: Told,
  tags: Tags,
});
export type LiveNode = Static<typeof LiveNode>;

/** An instance under the names of Ganeti's query fields; backend parameters without their prefix. */
export const LiveInstance = Type.Object({
  name: Type.String({ minLength: 1 }),
  disk_usage: Count,
  'disk.sizes': Type.Array(Count),
  'disk.spindles': Type.Optional(Type.Union([Type.Array(Type.Union([Count, Type.Null()])), Type.Null()])),
  memory: Count,
  vcpus: Count,
  auto_balance: Type.Boolean(),
  spindle_use: Count,
  status: Type.Enum([...instanceStatuses]),
  pnode: Type.Union([Type.String(), Type.Null()]),
  snodes: Type.Array(Type.String()),
  tags: Tags,
  disk_template: Type.Enum([...diskTemplates]),
  forthcoming: Flag,
});
export type LiveInstance = Static<typeof LiveInstance>;

export const LiveGroup = Type.Object({
  uuid: Type.String({ minLength: 1 }),
  name: Type.String({ minLength: 1 }),
  alloc_policy: Type.Enum([...allocPolicies]),
  ipolicy: PolicySchema,
  tags: Tags,
});
export type LiveGroup = Static<typeof LiveGroup>;

export const LiveInfo = Type.Object({
  master: Type.String(),
  tags: Tags,
  ipolicy: PolicySchema,
  default_hypervisor: Type.String(),
  vcs_version: Type.Optional(Type.Unknown()),
});

export const LiveNodes = Type.Array(LiveNode);
export const LiveInstances = Type.Array(LiveInstance);
export const LiveGroups = Type.Array(LiveGroup);
