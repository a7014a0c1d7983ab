import { type Static, type TSchema, Type } from 'typebox';
import { DataCollectors, DiskTemplate, diskFormats, HypervisorName, LogicalId, Nicparams } from '../model/index.ts';

/**
 * What the master may ask of a node agent: one definition shared by client and server.
 * `changes` methods carry the master's term and a step id; the agent refuses a lower term than it has seen, and joins
 * a second request of a running step to the first. Every method is idempotent, so the client may repeat it.
 */
export interface RpcMethod<P extends TSchema = TSchema, R extends TSchema = TSchema> {
  readonly params: P;
  readonly result: R;
  /** Time without any sign of life (progress counts as one) after which the client gives up. */
  readonly timeoutMs: number;
  readonly changes: boolean;
}

const define = <P extends TSchema, R extends TSchema>(method: RpcMethod<P, R>): RpcMethod<P, R> => method;

const diskRole = Type.Enum(['primary', 'secondary']);

const diskFields = {
  uuid: Type.String(),
  dev_type: DiskTemplate,
  size: Type.Integer({ description: 'MiB' }),
  mode: Type.Enum(['rw', 'ro']),
  format: Type.Enum(diskFormats),
  logical_id: LogicalId,
  params: Type.Record(Type.String(), Type.Unknown()),
};

/** A disk as a node sees it: which adapter, and what the adapter needs. */
export const DiskSpec = Type.Object({
  ...diskFields,
  /** What this node is to the disk, and the other nodes that have it; only where a disk is on several nodes. */
  role: Type.Optional(diskRole),
  peers: Type.Optional(
    Type.Array(Type.Object({ node: Type.String(), role: diskRole, address: Type.String({ description: 'For replication' }) })),
  ),
  /** The disks that it is made of on each of its nodes. */
  children: Type.Optional(Type.Array(Type.Object(diskFields))),
});
export type DiskSpec = Static<typeof DiskSpec>;

export const NicSpec = Type.Object({
  uuid: Type.String(),
  mac: Type.String(),
  ip: Type.Union([Type.String(), Type.Null()]),
  nicparams: Nicparams,
  /** Address and prefix length of its network, e.g. `10.1.0.0/24`, and the gateway, where known. */
  network: Type.Union([
    Type.Null(),
    Type.Object({
      name: Type.String(),
      cidr: Type.String(),
      gateway: Type.Union([Type.String(), Type.Null()]),
      cidr6: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      gateway6: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    }),
  ]),
});
export type NicSpec = Static<typeof NicSpec>;

/** Everything a node must know to run an instance; all parameters filled. */
export const InstanceSpec = Type.Object({
  uuid: Type.String(),
  name: Type.String(),
  hypervisor: HypervisorName,
  os: Type.String(),
  memory: Type.Integer({ description: 'MiB at start' }),
  min_memory: Type.Integer({ description: 'MiB' }),
  vcpus: Type.Integer(),
  hvparams: Type.Record(Type.String(), Type.Unknown()),
  osparams: Type.Record(Type.String(), Type.String()),
  disk_template: DiskTemplate,
  disks: Type.Array(DiskSpec),
  nics: Type.Array(NicSpec),
  network_port: Type.Union([Type.Integer(), Type.Null()]),
});
export type InstanceSpec = Static<typeof InstanceSpec>;

/** Where the consoles of a running instance are on its node; only root may connect to the sockets. */
export const ConsolePlaces = Type.Object({
  serial_socket: Type.Union([Type.String(), Type.Null()]),
  /** What came over the serial console lately, where the socket itself does not begin with it. */
  serial_log: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  vnc_socket: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  /** Of an instance that was started when VNC had a TCP port. */
  vnc: Type.Union([Type.Null(), Type.Object({ host: Type.String(), port: Type.Integer() })]),
});
export type ConsolePlaces = Static<typeof ConsolePlaces>;

export const InstanceRuntime = Type.Object({
  uuid: Type.String(),
  name: Type.String(),
  hypervisor: HypervisorName,
  state: Type.Enum(['running', 'paused', 'shutdown', 'crashed', 'migrating-in']),
  memory: Type.Integer({ description: 'MiB' }),
  vcpus: Type.Integer(),
  /** Seconds of processor time used. */
  cpu_seconds: Type.Number(),
  pid: Type.Union([Type.Integer(), Type.Null()]),
  /** Machine type it was started with; a migration target must use the same. */
  machine: Type.Optional(Type.String()),
  /** Why its guest stands still although nobody asked for it, as after a disk error; with the state `paused`. */
  problem: Type.Optional(Type.String()),
  /** Of one that runs. */
  console: Type.Optional(ConsolePlaces),
});
export type InstanceRuntime = Static<typeof InstanceRuntime>;

/**
 * The parameters of an OS whose values nobody may see: `private` ones are kept with the instance, `secret` ones are used by
 * the job that brings them.
 */
const SecretParameters = Type.Record(Type.String(), Type.Enum(['secret', 'private']));
export type SecretParameters = Static<typeof SecretParameters>;

/** A place from which disks take their space. */
export const StoragePool = Type.Object({
  type: Type.String({ description: 'Kind of storage, in the words of Ganeti: file, sharedfile, lvm-vg, …' }),
  name: Type.String({ description: 'Folder, volume group or pool' }),
  total: Type.Integer({ description: 'MiB' }),
  free: Type.Integer({ description: 'MiB' }),
});
export type StoragePool = Static<typeof StoragePool>;

export const NodeInfo = Type.Object({
  name: Type.String(),
  version: Type.String(),
  boot_id: Type.String(),
  memory_total: Type.Integer({ description: 'MiB' }),
  memory_free: Type.Integer({ description: 'MiB, what new instances can get' }),
  memory_dom0: Type.Integer({ description: 'MiB used by the node itself' }),
  disk_total: Type.Integer({ description: 'MiB, of the first storage' }),
  disk_free: Type.Integer({ description: 'MiB' }),
  /** Of every storage; agents of before tell only of one, above. */
  storage: Type.Optional(Type.Array(StoragePool)),
  cpu_total: Type.Integer(),
  cpu_nodes: Type.Integer(),
  cpu_sockets: Type.Integer(),
  hypervisors: Type.Record(
    Type.String(),
    Type.Object({
      version: Type.String(),
      accelerator: Type.Union([Type.String(), Type.Null()]),
      problem: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  /** An agent of a later version may have templates that this one does not know. */
  disk_templates: Type.Array(Type.String()),
  /** Names of the bridges and of the Open vSwitches that NICs can be connected to. */
  bridges: Type.Optional(Type.Array(Type.String())),
  switches: Type.Optional(Type.Array(Type.String())),
  /** When the agent's certificate ends, seconds since 1970. */
  certificate_expires: Type.Optional(Type.Number()),
  /** Serial number of that certificate, hex. */
  certificate_serial: Type.Optional(Type.String()),
  /** SHA-256 of the list of revoked certificates that it uses, hex. */
  revocation_list: Type.Optional(Type.String()),
  /** Name of each OS definition to the parameters that it declares secret. */
  secret_osparams: Type.Optional(Type.Record(Type.String(), SecretParameters)),
  /** What its monitoring agent was told of its collectors. */
  data_collectors: Type.Optional(DataCollectors),
});
export type NodeInfo = Static<typeof NodeInfo>;

export const OsInfo = Type.Object({
  name: Type.String(),
  path: Type.String(),
  valid: Type.Boolean(),
  problem: Type.Union([Type.String(), Type.Null()]),
  api_versions: Type.Array(Type.Integer()),
  variants: Type.Array(Type.String()),
  parameters: Type.Array(Type.Tuple([Type.String(), Type.String()]), { description: 'Name and help' }),
  secret_parameters: Type.Optional(SecretParameters),
});
export type OsInfo = Static<typeof OsInfo>;

/** A difference between what is and what should be; a warning does not make a verification fail. */
export const VerifyProblem = Type.Object({
  code: Type.String(),
  subject: Type.String(),
  text: Type.String(),
  todo: Type.String(),
  severity: Type.Optional(Type.Enum(['error', 'warning'])),
  /** Of the like in `gnt-cluster verify`. */
  ganeti_code: Type.Optional(Type.String()),
});
export type VerifyProblem = Static<typeof VerifyProblem>;

const Empty = Type.Object({});
const byUuid = Type.Object({ uuid: Type.String(), name: Type.String(), hypervisor: HypervisorName });
const Outcome = Type.Object({ changed: Type.Boolean({ description: 'false: it was so already' }) });
const diskOf = Type.Object({ disk: DiskSpec, instance: Type.Object({ uuid: Type.String(), name: Type.String() }) });
/** Parameters that nobody may see: kept apart, so that no description of an instance holds them. */
const secretOsparams = { secret_osparams: Type.Optional(Type.Record(Type.String(), Type.String())) };
const minute = 60_000;

export const nodeContract = {
  'node-info': define({ params: Empty, result: NodeInfo, timeoutMs: 15_000, changes: false }),
  'node-verify': define({
    params: Type.Object({
      bridges: Type.Array(Type.String()),
      switches: Type.Optional(Type.Array(Type.String())),
      hypervisors: Type.Array(HypervisorName),
      storage_dirs: Type.Array(Type.String()),
    }),
    result: Type.Object({
      problems: Type.Array(VerifyProblem),
      /** Its clock when it answered, seconds since 1970; agents of before do not tell. */
      time: Type.Optional(Type.Number()),
      /** Of its build. */
      version: Type.Optional(Type.String()),
    }),
    timeoutMs: minute,
    changes: false,
  }),
  'certificate-request': define({ params: Empty, result: Type.Object({ csr: Type.String() }), timeoutMs: minute, changes: false }),
  'certificate-install': define({
    params: Type.Object({ certificate: Type.String(), ca: Type.String(), crl: Type.String() }),
    result: Outcome,
    timeoutMs: minute,
    changes: true,
  }),
  /** What it lists is accepted no more, and connections with it end at once; a node that is listed itself leaves. */
  'revocation-install': define({ params: Type.Object({ crl: Type.String() }), result: Outcome, timeoutMs: minute, changes: true }),
  'monitor-configure': define({ params: Type.Object({ collectors: DataCollectors }), result: Outcome, timeoutMs: minute, changes: true }),

  'os-list': define({ params: Empty, result: Type.Array(OsInfo), timeoutMs: minute, changes: false }),
  'os-install': define({
    params: Type.Object({ instance: InstanceSpec, reinstall: Type.Boolean(), debug: Type.Integer(), ...secretOsparams }),
    result: Type.Object({ log: Type.String({ description: 'Output of the create script' }) }),
    timeoutMs: 60 * minute,
    changes: true,
  }),
  'os-verify-params': define({
    params: Type.Object({
      os: Type.String(),
      osparams: Type.Record(Type.String(), Type.String()),
      force_variant: Type.Boolean(),
      ...secretOsparams,
    }),
    result: Empty,
    timeoutMs: minute,
    changes: false,
  }),

  'disk-create': define({ params: diskOf, result: Outcome, timeoutMs: 10 * minute, changes: true }),
  'disk-remove': define({ params: diskOf, result: Outcome, timeoutMs: 10 * minute, changes: true }),
  /** Gives a disk that nobody uses another `logical_id`, and moves or renames what it names. */
  'disk-rename': define({
    params: Type.Object({ ...diskOf.properties, logical_id: LogicalId }),
    result: Outcome,
    timeoutMs: minute,
    changes: true,
  }),
  'disk-list': define({
    params: Type.Object({
      /** Of shared storage only these disks, where they are there; default: everything that lies on it. */
      shared: Type.Optional(Type.Array(diskOf)),
    }),
    result: Type.Array(
      Type.Object({
        path: Type.String(),
        dev_type: DiskTemplate,
        instance_uuid: Type.String(),
        disk_uuid: Type.String({ description: 'Empty for something that is no disk of Gantry' }),
        size: Type.Integer({ description: 'MiB' }),
      }),
    ),
    timeoutMs: minute,
    changes: false,
  }),

  'instance-list': define({ params: Empty, result: Type.Array(InstanceRuntime), timeoutMs: 15_000, changes: false }),
  'instance-start': define({ params: Type.Object({ instance: InstanceSpec }), result: Outcome, timeoutMs: 2 * minute, changes: true }),
  /** What a start would refuse before it changes anything; disks that are `new` need room, others must be there. */
  'instance-check': define({
    params: Type.Object({ instance: InstanceSpec, disks: Type.Enum(['new', 'present']) }),
    result: Empty,
    timeoutMs: minute,
    changes: false,
  }),
  'instance-stop': define({
    params: Type.Object({
      uuid: Type.String(),
      name: Type.String(),
      hypervisor: HypervisorName,
      timeout: Type.Integer({ description: 'Seconds for a graceful stop; 0 stops hard' }),
    }),
    result: Type.Object({ changed: Type.Boolean(), graceful: Type.Boolean() }),
    timeoutMs: 5 * minute,
    changes: true,
  }),
  /** Lets a guest go on that a disk error stopped, once its disks can be written again. */
  'instance-resume': define({ params: byUuid, result: Outcome, timeoutMs: minute, changes: true }),
  'instance-reset': define({ params: byUuid, result: Outcome, timeoutMs: minute, changes: true }),
  'instance-console': define({
    params: byUuid,
    result: ConsolePlaces,
    timeoutMs: 15_000,
    changes: false,
  }),
  /** On the target: starts the hypervisor so that it waits for the incoming state. */
  'migration-accept': define({
    params: Type.Object({ instance: InstanceSpec, source_address: Type.String() }),
    result: Type.Object({ address: Type.String(), port: Type.Integer(), machine: Type.String() }),
    timeoutMs: 2 * minute,
    changes: true,
  }),
  /** On the source: sends the state; resolves when the target runs. A repeat finds the outcome of the first. */
  'migration-send': define({
    params: Type.Object({
      uuid: Type.String(),
      name: Type.String(),
      hypervisor: HypervisorName,
      address: Type.String(),
      port: Type.Integer(),
      live: Type.Boolean(),
      bandwidth: Type.Integer({ description: 'MiB per second' }),
      downtime: Type.Integer({ description: 'ms' }),
    }),
    result: Type.Object({ downtime_ms: Type.Number(), total_ms: Type.Number(), ram_mib: Type.Number() }),
    timeoutMs: 5 * minute,
    changes: true,
  }),
  /** On both: `success` keeps the target and ends the source; else the source goes on and the target is ended. */
  'migration-finish': define({
    params: Type.Object({
      uuid: Type.String(),
      name: Type.String(),
      hypervisor: HypervisorName,
      role: Type.Enum(['source', 'target']),
      success: Type.Boolean(),
    }),
    result: Outcome,
    timeoutMs: 2 * minute,
    changes: true,
  }),
} as const;

export type NodeContract = typeof nodeContract;
export type RpcName = keyof NodeContract;
export type RpcParams<M extends RpcName> = Static<NodeContract[M]['params']>;
export type RpcResult<M extends RpcName> = Static<NodeContract[M]['result']>;

/** Progress of a long call: `fraction` in 0..1 where known. */
export interface Progress {
  readonly text: string;
  readonly fraction?: number;
}
