import { type Static, Type } from 'typebox';
import { Beparams } from '../params/beparams.ts';
import { DataCollectors } from '../params/data-collectors.ts';
import { Ipolicy } from '../params/ipolicy.ts';
import { Ndparams } from '../params/ndparams.ts';
import { Nicparams } from '../params/nicparams.ts';
import { commonFields, Name, PartialParams, Uuid } from './common.ts';
import { DiskTemplate } from './disk.ts';
import { HypervisorName } from './instance.ts';

/** The cluster itself: the top level of every parameter family, and what belongs to no node. */
export const Cluster = Type.Object({
  ...commonFields,
  cluster_name: Name,
  /** Version of the layout of the stored configuration; a store with a higher one is refused. */
  config_version: Type.Integer(),
  master_node: Uuid,
  mac_prefix: Type.String({ pattern: '^[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}$' }),
  enabled_hypervisors: Type.Array(HypervisorName, { minItems: 1 }),
  enabled_disk_templates: Type.Array(DiskTemplate, { minItems: 1 }),
  /** Hypervisor name to its cluster-wide parameters (those that differ from the built-in defaults). */
  hvparams: Type.Record(Type.String(), PartialParams),
  /** OS name to hypervisor name to parameters. */
  os_hvp: Type.Record(Type.String(), Type.Record(Type.String(), PartialParams)),
  beparams: Beparams,
  nicparams: Nicparams,
  ndparams: Ndparams,
  ipolicy: Ipolicy,
  diskparams: Type.Record(Type.String(), PartialParams),
  osparams: Type.Record(Type.String(), Type.Record(Type.String(), Type.String())),
  /** OS name to its private parameters, whose values are encrypted. */
  osparams_private_cluster: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), Type.String()))),
  file_storage_dir: Type.String(),
  shared_file_storage_dir: Type.String(),
  default_iallocator: Type.String(),
  /** Text of a location file: failure domains, links, and services with their rules. */
  location: Type.Optional(Type.String()),
  data_collectors: Type.Optional(DataCollectors),
  /** Serial numbers of certificates that nobody accepts any more; kept until they would have ended. */
  revoked_certificates: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Object({
        at: Type.Number(),
        expires: Type.Number(),
        /** SHA-256 of the key that was certified: a join token from before `at` does not let it in again. */
        key: Type.Optional(Type.String()),
      }),
    ),
  ),
  candidate_pool_size: Type.Integer({ minimum: 1 }),
  max_running_jobs: Type.Integer({ minimum: 1 }),
  /** First and last TCP port for consoles. */
  port_range: Type.Tuple([Type.Integer(), Type.Integer()]),
  /** The queue takes no new jobs while this is set. */
  drained: Type.Boolean(),
});
export type Cluster = Static<typeof Cluster>;

/** The layout that this build reads and writes. */
export const configVersion = 1;
