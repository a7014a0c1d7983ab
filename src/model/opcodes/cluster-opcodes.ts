import { Type } from 'typebox';
import { MacPrefix, OptionalUuids, Tag } from '../objects/common.ts';
import { DiskTemplate } from '../objects/disk.ts';
import { HypervisorName } from '../objects/instance.ts';
import { BeparamsChange } from '../params/beparams.ts';
import { DataCollectorIntervals, DiagnoseCommand, EnabledDataCollectors } from '../params/data-collectors.ts';
import { DiskparamsChange } from '../params/diskparams.ts';
import { HvparamsChange } from '../params/hvparams.ts';
import { IpolicyPartial } from '../params/ipolicy.ts';
import { NdparamsChange } from '../params/ndparams.ts';
import { NicparamsChange } from '../params/nicparams.ts';
import { defineOpcode, type Touch } from './define-opcode.ts';

const tagKind = Type.Enum(['cluster', 'node', 'group', 'instance', 'network'], {
  description: 'Kind of the tagged object; Ganeti\'s "nodegroup" is taken, too',
});
const tagParams = { kind: tagKind, name: Type.Optional(Type.Union([Type.String(), Type.Null()])), tags: Type.Array(Tag, { minItems: 1 }) };
type TagParams = { kind: Touch['kind']; name?: string | null };
const tagTouches = (params: TagParams): Touch[] => [{ kind: params.kind, name: params.name || 'cluster', mode: 'exclusive' }];

export const tagsSet = defineOpcode({
  id: 'OP_TAGS_SET',
  summary: 'Add tags to an object',
  params: tagParams,
  result: Type.Null(),
  touches: (params) => tagTouches(params as TagParams),
  dryRun: true,
  permission: 'tags:set',
});

export const tagsDel = defineOpcode({
  id: 'OP_TAGS_DEL',
  summary: 'Remove tags from an object',
  params: tagParams,
  result: Type.Null(),
  touches: (params) => tagTouches(params as TagParams),
  dryRun: true,
  permission: 'tags:remove',
});

export const clusterSetParams = defineOpcode({
  id: 'OP_CLUSTER_SET_PARAMS',
  summary: 'Change the parameters of the cluster',
  params: {
    beparams: Type.Optional(BeparamsChange),
    hvparams: Type.Optional(HvparamsChange),
    os_hvp: Type.Optional(Type.Record(Type.String(), HvparamsChange)),
    osparams: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), Type.String()))),
    osparams_private_cluster: Type.Optional(
      Type.Record(Type.String(), Type.Record(Type.String(), Type.String()), { description: 'Kept encrypted, never shown' }),
    ),
    nicparams: Type.Optional(NicparamsChange),
    ndparams: Type.Optional(NdparamsChange),
    ipolicy: Type.Optional(IpolicyPartial),
    diskparams: Type.Optional(DiskparamsChange),
    enabled_hypervisors: Type.Optional(Type.Array(HypervisorName, { minItems: 1 })),
    enabled_disk_templates: Type.Optional(Type.Array(DiskTemplate, { minItems: 1 })),
    candidate_pool_size: Type.Optional(Type.Integer({ minimum: 1 })),
    max_running_jobs: Type.Optional(Type.Integer({ minimum: 1 })),
    mac_prefix: Type.Optional(MacPrefix),
    location: Type.Optional(Type.String({ maxLength: 524_288, description: 'Text of a location file, YAML or JSON; "" removes it' })),
    enabled_data_collectors: Type.Optional(EnabledDataCollectors),
    data_collector_interval: Type.Optional(DataCollectorIntervals),
    diagnose_data_collector_filename: Type.Optional(DiagnoseCommand),
  },
  result: Type.Null(),
  touches: () => [{ kind: 'cluster', name: 'cluster', mode: 'exclusive' }],
  dryRun: true,
  permission: 'cluster:modify',
  cli: {
    command: ['cluster', 'modify'],
    flags: {
      beparams: { flags: '-B, --backend-parameters <key=value…>', help: 'default beparams', parse: 'keyValues' },
      nicparams: { flags: '-N, --nic-parameters <key=value…>', help: 'default nicparams', parse: 'keyValues' },
      ndparams: { flags: '--node-parameters <key=value…>', help: 'default ndparams', parse: 'keyValues' },
      ipolicy: {
        flags: '--ipolicy <key=value…>',
        help: 'members of the instance policy: vcpu-ratio=4,memory-ratio=1.5',
        parse: 'keyValues',
      },
      enabled_hypervisors: { flags: '--enabled-hypervisors <list>', help: 'separated by commas', parse: 'list' },
      enabled_disk_templates: { flags: '--enabled-disk-templates <list>', help: 'separated by commas', parse: 'list' },
      candidate_pool_size: { flags: '--candidate-pool-size <n>', help: 'number of master candidates' },
      max_running_jobs: { flags: '--max-running-jobs <n>', help: 'jobs that may run at the same time' },
      location: {
        flags: '--location <file>',
        help: 'file with failure domains and rules for placement; "none" removes them',
        parse: 'file',
      },
      enabled_data_collectors: {
        flags: '--enabled-data-collectors <name=bool…>',
        help: 'collectors of the monitoring agents to show or hide; "default": the built-in setting',
        parse: 'keyValues',
      },
      data_collector_interval: {
        flags: '--data-collector-interval <name=seconds…>',
        help: 'seconds between two collections, 1 to 86400; "default": the built-in setting',
        parse: 'keyValues',
      },
      diagnose_data_collector_filename: {
        flags: '--diagnose-data-collector-filename <name>',
        help: 'program in /etc/gantry/node-diagnose-commands that checks the health of each node; "": the one named "diagnose", if it exists',
      },
    },
  },
  rest: [{ method: 'PUT', path: '/2/modify', body: true, query: { 'dry-run': 'dry_run' } }],
});

export const clusterRedistConf = defineOpcode({
  id: 'OP_CLUSTER_REDIST_CONF',
  summary: 'Has no effect, because the store keeps every master candidate up to date; for clients of Ganeti',
  params: {},
  result: Type.Null(),
  touches: () => [{ kind: 'cluster', name: 'cluster', mode: 'shared' }],
  dryRun: true,
  permission: 'cluster:redistribute',
  rest: [{ method: 'PUT', path: '/2/redistribute-config', body: false, query: { 'dry-run': 'dry_run' } }],
});

export const clusterVerify = defineOpcode({
  id: 'OP_CLUSTER_VERIFY',
  summary: 'Compare every node, disk, process and network with the configuration',
  params: { group_name: Type.Optional(Type.Union([Type.String(), Type.Null()])) },
  result: Type.Object({
    ok: Type.Boolean(),
    problems: Type.Array(
      Type.Object({
        code: Type.String(),
        subject: Type.String(),
        text: Type.String(),
        todo: Type.String(),
        severity: Type.Enum(['error', 'warning']),
        ganeti_code: Type.String({ description: 'Code of the same finding in gnt-cluster verify: EINSTANCEDOWN, ENODERPC, …' }),
      }),
    ),
  }),
  touches: () => [{ kind: 'cluster', name: 'cluster', mode: 'shared' }],
  dryRun: true,
  permission: 'cluster:verify',
  cli: {
    command: ['cluster', 'verify'],
    flags: { group_name: { flags: '-g, --node-group <group>', help: 'only the nodes of this group', complete: 'group' } },
  },
});

export const testDelay = defineOpcode({
  id: 'OP_TEST_DELAY',
  summary: 'Wait for some time; for tests of the job queue',
  subject: 'duration',
  params: {
    duration: Type.Number({ minimum: 0, description: 'Seconds' }),
    on_master: Type.Optional(Type.Boolean()),
    on_nodes: Type.Optional(Type.Array(Type.String())),
    on_node_uuids: OptionalUuids,
    repeat: Type.Optional(Type.Integer({ minimum: 0 })),
    no_locks: Type.Optional(Type.Boolean()),
    interruptible: Type.Optional(Type.Boolean()),
  },
  result: Type.Null(),
  touches: (params) => (params.no_locks ? [] : (params.on_nodes ?? []).map((name) => ({ kind: 'node', name, mode: 'exclusive' }) as const)),
  dryRun: true,
  permission: 'cluster:test',
});
