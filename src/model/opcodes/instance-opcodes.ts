import { Type } from 'typebox';
import { formats } from '../normalise.ts';
import { MacWish, Name, NewName, OptionalUuid, PartialParams, Tag } from '../objects/common.ts';
import { DiskFormat, DiskTemplate } from '../objects/disk.ts';
import { HypervisorName } from '../objects/instance.ts';
import { BeparamsPartial, BeparamsWish } from '../params/beparams.ts';
import { NicLink, NicVlan, nicModes } from '../params/nicparams.ts';
import { defineOpcode } from './define-opcode.ts';

const instanceName = { instance_name: Name, instance_uuid: OptionalUuid };
const byName = [{ param: 'instance_name', help: 'instance', complete: 'instance' }] as const;
const dryRunQuery = { 'dry-run': 'dry_run' } as const;

/** Size of one disk as asked for. */
export const DiskRequest = Type.Object(
  {
    size: Type.Integer({ minimum: 1, format: formats.mebibytes, description: 'MiB' }),
    mode: Type.Optional(Type.Enum(['rw', 'ro'])),
    name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    format: Type.Optional(DiskFormat),
  },
  { additionalProperties: false },
);

/** One NIC as asked for; `mac` "auto" or absent generates one. */
export const NicRequest = Type.Object(
  {
    mac: Type.Optional(Type.Union([Type.Literal('auto'), Type.Literal('generate'), MacWish])),
    ip: Type.Optional(Type.Union([Type.String({ description: 'IPv4 address, or "pool"' }), Type.Null()])),
    network: Type.Optional(Type.Union([Name, Type.Null()])),
    mode: Type.Optional(Type.Enum(nicModes)),
    link: Type.Optional(NicLink),
    vlan: Type.Optional(NicVlan),
    name: Type.Optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])),
  },
  { additionalProperties: false },
);

export const instanceCreate = defineOpcode({
  id: 'OP_INSTANCE_CREATE',
  summary: 'Create an instance: place it, create its disks, install its OS, start it',
  subject: 'instance_name',
  params: {
    instance_name: NewName,
    mode: Type.Optional(Type.Enum(['create'])),
    os_type: Type.Optional(Type.String({ description: 'OS definition, with "+variant" where it has variants' })),
    disk_template: Type.Optional(DiskTemplate),
    disks: Type.Optional(Type.Array(DiskRequest, { maxItems: 16 })),
    nics: Type.Optional(Type.Array(NicRequest, { maxItems: 8 })),
    beparams: Type.Optional(BeparamsWish),
    hvparams: Type.Optional(PartialParams),
    osparams: Type.Optional(Type.Record(Type.String(), Type.String())),
    osparams_private: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Kept encrypted, never shown' })),
    osparams_secret: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Used by this job, not kept, never shown' })),
    hypervisor: Type.Optional(HypervisorName),
    pnode: Type.Optional(Name),
    pnode_uuid: OptionalUuid,
    iallocator: Type.Optional(Type.String()),
    group_name: Type.Optional(Name),
    start: Type.Optional(Type.Boolean()),
    no_install: Type.Optional(Type.Boolean()),
    force_variant: Type.Optional(Type.Boolean()),
    ignore_ipolicy: Type.Optional(Type.Boolean()),
    name_check: Type.Optional(Type.Boolean()),
    ip_check: Type.Optional(Type.Boolean()),
    conflicts_check: Type.Optional(
      Type.Boolean({
        description:
          'Refuse a NIC outside networks if its address belongs to a network of its node group, or another instance uses it; default true',
      }),
    ),
    wait_for_sync: Type.Optional(Type.Boolean()),
    tags: Type.Optional(Type.Array(Tag)),
  },
  result: Type.Array(Type.String(), { description: 'Names of the nodes of the instance' }),
  touches: (params) => [
    { kind: 'instance', name: params.instance_name, mode: 'exclusive' },
    { kind: 'allocation', name: 'allocation', mode: 'exclusive' },
    ...(params.pnode ? [{ kind: 'node', name: params.pnode, mode: 'shared' } as const] : []),
  ],
  dryRun: true,
  permission: 'instance:create',
  cli: {
    command: ['instance', 'add'],
    args: [{ param: 'instance_name', help: 'name of the new instance' }],
    flags: {
      os_type: { flags: '-o, --os <os>', help: 'OS definition', complete: 'os' },
      disk_template: { flags: '-t, --disk-template <template>', help: 'how its disks are stored', complete: 'disk-template' },
      disks: { flags: '--disk <size|n:size=…>', help: 'a disk: "10G" or "0:size=10G,mode=ro"; repeat for more', parse: 'disks' },
      nics: { flags: '--net <n:key=value…>', help: 'a NIC: "0:ip=10.0.0.5,link=br0"; repeat for more', parse: 'nics' },
      beparams: { flags: '-B, --backend-parameters <key=value…>', help: 'beparams, e.g. maxmem=2G,vcpus=2', parse: 'keyValues' },
      hvparams: { flags: '-H, --hypervisor-parameters <key=value…>', help: 'hvparams of this instance', parse: 'keyValues' },
      osparams: { flags: '-O, --os-parameters <key=value…>', help: 'parameters of the OS definition', parse: 'keyValues' },
      osparams_private: {
        flags: '--os-parameters-private <key=value…|@file|->',
        help: 'OS parameters that are kept but never shown; in a file or standard input (one per line) they do not appear in the list of processes',
        parse: 'secretKeyValues',
      },
      osparams_secret: {
        flags: '--os-parameters-secret <key=value…|@file|->',
        help: 'OS parameters that are used for this job only and never shown; from a file or standard input as above',
        parse: 'secretKeyValues',
      },
      hypervisor: { flags: '--hypervisor <name>', help: 'kvm, lxc, docker' },
      pnode: { flags: '-n, --node <node>', help: 'primary node; default: chosen by placement', complete: 'node' },
      group_name: { flags: '-g, --node-group <group>', help: 'place it in this node group', complete: 'group' },
      start: { flags: '--no-start', help: 'do not start it' },
      no_install: { flags: '--no-install', help: 'do not run the OS scripts' },
      ignore_ipolicy: { flags: '--ignore-ipolicy', help: 'do not check the instance policy' },
      conflicts_check: {
        flags: '--no-conflicts-check',
        help: 'for NICs outside networks: allow addresses that are in use or belong to a network',
      },
      tags: { flags: '--tags <tags>', help: 'tags, separated by commas', parse: 'list' },
    },
    examples: [
      'gantry instance add web1 --os tiny --disk 64M --memory 128M',
      'gantry instance add db1 -o tiny -t sharedfile --disk 10G -B maxmem=2G,vcpus=2 -n node2',
    ],
  },
  rest: [{ method: 'POST', path: '/2/instances', body: true, query: dryRunQuery, aliases: { name: 'instance_name', os: 'os_type' } }],
});

export const instanceRemove = defineOpcode({
  id: 'OP_INSTANCE_REMOVE',
  summary: 'Stop an instance and remove it with its disks',
  subject: 'instance_name',
  params: {
    ...instanceName,
    shutdown_timeout: Type.Optional(Type.Integer({ minimum: 0, description: 'Seconds for a graceful stop' })),
    ignore_failures: Type.Optional(
      Type.Boolean({ description: 'Remove it from the configuration even if its node cannot be reached or does not have its hypervisor' }),
    ),
  },
  result: Type.Null(),
  touches: (params) => [{ kind: 'instance', name: params.instance_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'instance:remove',
  cli: {
    command: ['instance', 'remove'],
    args: byName,
    flags: {
      shutdown_timeout: { flags: '--shutdown-timeout <seconds>', help: 'seconds for a graceful stop' },
      ignore_failures: { flags: '--ignore-failures', help: 'remove it even if its node cannot be reached or does not have its hypervisor' },
    },
    confirm: 'Remove instance {instance_name} and all data on its disks?',
  },
  rest: [
    {
      method: 'DELETE',
      path: '/2/instances/{instance_name}',
      body: true,
      query: { ...dryRunQuery, shutdown_timeout: 'shutdown_timeout' },
    },
  ],
});

export const instanceStartup = defineOpcode({
  id: 'OP_INSTANCE_STARTUP',
  summary: 'Start an instance',
  subject: 'instance_name',
  params: {
    ...instanceName,
    force: Type.Optional(Type.Boolean()),
    hvparams: Type.Optional(PartialParams),
    beparams: Type.Optional(BeparamsPartial),
    no_remember: Type.Optional(Type.Boolean({ description: 'Do not record that it should be up' })),
  },
  result: Type.Null(),
  touches: (params) => [{ kind: 'instance', name: params.instance_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'instance:startup',
  cli: {
    command: ['instance', 'startup'],
    args: byName,
    flags: { no_remember: { flags: '--no-remember', help: 'do not record that it should be up' } },
  },
  rest: [
    { method: 'PUT', path: '/2/instances/{instance_name}/startup', body: true, query: { ...dryRunQuery, no_remember: 'no_remember' } },
  ],
});

export const instanceShutdown = defineOpcode({
  id: 'OP_INSTANCE_SHUTDOWN',
  summary: 'Stop an instance gracefully, and by force after a timeout',
  subject: 'instance_name',
  params: {
    ...instanceName,
    timeout: Type.Optional(Type.Integer({ minimum: 0, description: 'Seconds for a graceful stop; default 120' })),
    force: Type.Optional(Type.Boolean({ description: 'Stop it immediately, without a graceful stop' })),
    no_remember: Type.Optional(Type.Boolean()),
    ignore_offline_nodes: Type.Optional(Type.Boolean()),
    admin_state_source: Type.Optional(Type.Enum(['admin', 'user'])),
  },
  result: Type.Null(),
  touches: (params) => [{ kind: 'instance', name: params.instance_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'instance:shutdown',
  cli: {
    command: ['instance', 'shutdown'],
    args: byName,
    flags: {
      timeout: { flags: '--timeout <seconds>', help: 'seconds for a graceful stop' },
      force: { flags: '-f, --force', help: 'stop it immediately, without a graceful stop' },
      no_remember: { flags: '--no-remember', help: 'do not record that it should be down' },
    },
  },
  rest: [
    { method: 'PUT', path: '/2/instances/{instance_name}/shutdown', body: true, query: { ...dryRunQuery, no_remember: 'no_remember' } },
  ],
});

export const instanceReboot = defineOpcode({
  id: 'OP_INSTANCE_REBOOT',
  summary: 'Restart an instance',
  subject: 'instance_name',
  params: {
    ...instanceName,
    reboot_type: Type.Optional(Type.Enum(['soft', 'hard', 'full'])),
    shutdown_timeout: Type.Optional(Type.Integer({ minimum: 0 })),
    ignore_secondaries: Type.Optional(Type.Boolean()),
  },
  result: Type.Null(),
  touches: (params) => [{ kind: 'instance', name: params.instance_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'instance:reboot',
  cli: {
    command: ['instance', 'reboot'],
    args: byName,
    flags: {
      reboot_type: { flags: '-t, --type <type>', help: 'soft (by the hypervisor), hard (stop and start the process), full (disks too)' },
      shutdown_timeout: { flags: '--shutdown-timeout <seconds>', help: 'seconds for a graceful stop' },
    },
  },
  rest: [
    {
      method: 'POST',
      path: '/2/instances/{instance_name}/reboot',
      body: true,
      query: { ...dryRunQuery, type: 'reboot_type', ignore_secondaries: 'ignore_secondaries' },
    },
  ],
});

export const instanceResume = defineOpcode({
  id: 'OP_INSTANCE_RESUME',
  summary: 'Resume an instance that was stopped by a disk error',
  subject: 'instance_name',
  params: instanceName,
  result: Type.Null(),
  touches: (params) => [{ kind: 'instance', name: params.instance_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'instance:resume',
  cli: {
    command: ['instance', 'resume'],
    args: byName,
    examples: ['gantry instance resume web1'],
  },
  rest: [{ method: 'PUT', path: '/2/instances/{instance_name}/resume', body: true, query: dryRunQuery }],
});

const moveTouches = (params: { instance_name: string; target_node?: string | null }) =>
  [
    { kind: 'instance', name: params.instance_name, mode: 'exclusive' },
    { kind: 'allocation', name: 'allocation', mode: 'exclusive' },
    ...(params.target_node ? [{ kind: 'node', name: params.target_node, mode: 'shared' } as const] : []),
  ] as const;

export const instanceMigrate = defineOpcode({
  id: 'OP_INSTANCE_MIGRATE',
  summary: 'Move a running instance to another node without stopping it',
  subject: 'instance_name',
  params: {
    ...instanceName,
    mode: Type.Optional(Type.Union([Type.Enum(['live', 'non-live']), Type.Null()])),
    live: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    target_node: Type.Optional(Type.Union([Name, Type.Null()])),
    target_node_uuid: OptionalUuid,
    iallocator: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    cleanup: Type.Optional(Type.Boolean({ description: 'Find out where the instance runs after an interrupted migration, and record it' })),
    allow_failover: Type.Optional(Type.Boolean()),
    allow_runtime_changes: Type.Optional(Type.Boolean()),
    ignore_ipolicy: Type.Optional(Type.Boolean()),
    ignore_hvversions: Type.Optional(Type.Boolean()),
  },
  result: Type.Object({ node: Type.String(), downtime_ms: Type.Number(), total_ms: Type.Number(), ram_mib: Type.Number() }),
  touches: moveTouches,
  dryRun: true,
  permission: 'instance:migrate',
  cli: {
    command: ['instance', 'migrate'],
    args: byName,
    flags: {
      target_node: { flags: '-n, --target-node <node>', help: 'target node; default: chosen by placement', complete: 'node' },
      mode: { flags: '--mode <mode>', help: 'live or non-live' },
      allow_failover: { flags: '--allow-failover', help: 'fail over if it is not running' },
      cleanup: { flags: '--cleanup', help: 'find out where it runs after an interrupted migration, and record it' },
      ignore_ipolicy: { flags: '--ignore-ipolicy', help: 'do not check the instance policy' },
    },
  },
  rest: [{ method: 'PUT', path: '/2/instances/{instance_name}/migrate', body: true, query: dryRunQuery }],
});

export const instanceFailover = defineOpcode({
  id: 'OP_INSTANCE_FAILOVER',
  summary: 'Stop an instance and start it on another node',
  subject: 'instance_name',
  params: {
    ...instanceName,
    target_node: Type.Optional(Type.Union([Name, Type.Null()])),
    target_node_uuid: OptionalUuid,
    iallocator: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    ignore_consistency: Type.Optional(Type.Boolean({ description: 'Continue although the old node cannot be reached' })),
    shutdown_timeout: Type.Optional(Type.Integer({ minimum: 0 })),
    ignore_ipolicy: Type.Optional(Type.Boolean()),
  },
  result: Type.Object({ node: Type.String() }),
  touches: moveTouches,
  dryRun: true,
  permission: 'instance:failover',
  cli: {
    command: ['instance', 'failover'],
    args: byName,
    flags: {
      target_node: { flags: '-n, --target-node <node>', help: 'target node; default: chosen by placement', complete: 'node' },
      ignore_consistency: {
        flags: '--ignore-consistency',
        help: 'continue even if the old node cannot be reached (it must be marked offline)',
      },
      shutdown_timeout: { flags: '--shutdown-timeout <seconds>', help: 'seconds for a graceful stop' },
      ignore_ipolicy: { flags: '--ignore-ipolicy', help: 'do not check the instance policy' },
    },
    confirm: 'Fail over instance {instance_name}? It will be stopped and started again.',
  },
  rest: [{ method: 'PUT', path: '/2/instances/{instance_name}/failover', body: true, query: dryRunQuery }],
});
