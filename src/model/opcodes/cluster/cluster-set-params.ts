import { Type } from 'typebox';
import { HvparamsChange } from '../../hypervisors/hvparams-change.ts';
import { MacPrefix } from '../../objects/common.ts';
import { DiskTemplate } from '../../objects/disk.ts';
import { HypervisorName } from '../../objects/instance.ts';
import { BeparamsChange } from '../../params/beparams.ts';
import { DataCollectorIntervals, DiagnoseCommand, EnabledDataCollectors } from '../../params/data-collectors.ts';
import { DiskparamsChange } from '../../params/diskparams.ts';
import { IpolicyPartial } from '../../params/ipolicy.ts';
import { NdparamsChange } from '../../params/ndparams.ts';
import { NicparamsChange } from '../../params/nicparams.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { clusterSetParamsForms } from './cluster-set-params-forms.ts';

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
  rest: [{ method: 'PUT', path: '/2/modify', body: true, query: dryRunQuery }],
  ganeti: clusterSetParamsForms,
});
