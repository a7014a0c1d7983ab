import type { Command } from '../command/command.ts';
import type { Row } from '../connect/cluster-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatTime } from '../output/format-values.ts';
import { printJson } from '../output/print.ts';
import { type Details, printDetails } from '../output/print-details.ts';

export const command: Command = {
  path: ['cluster', 'info'],
  summary: 'Show the cluster and its parameters',
  run: async ({ output, client }) => {
    const info = await client().info();
    if (output === 'json') printJson(info);
    else printDetails(clusterDetails(info));
    return exitCodes.ok;
  },
};

function clusterDetails(info: Row): Details {
  const hvparams = (info['hvparams'] ?? {}) as Record<string, unknown>;
  const enabled = Array.isArray(info['enabled_hypervisors']) ? info['enabled_hypervisors'].map(String) : [];
  return [
    ['Cluster', info['name']],
    ['Master', info['master']],
    ['Version', info['software_version']],
    ['Hypervisors', enabled],
    ['Default hypervisor', info['default_hypervisor']],
    ['Disk templates', info['enabled_disk_templates']],
    ['File storage', info['file_storage_dir']],
    ['Shared file storage', info['shared_file_storage_dir']],
    ['MAC prefix', info['mac_prefix']],
    ['Candidate pool', info['candidate_pool_size']],
    ['Jobs at once', info['max_running_jobs']],
    ['Default backend parameters', (info['beparams'] as Record<string, unknown> | undefined)?.['default']],
    ['Default NIC parameters', (info['nicparams'] as Record<string, unknown> | undefined)?.['default']],
    ['Node parameters', info['ndparams']],
    ['Hypervisor parameters', Object.fromEntries(enabled.map((name) => [name, hvparams[name] ?? {}]))],
    ['Instance policy', info['ipolicy']],
    ['Location rules', info['location'] ? 'yes (as "location" with --output json)' : 'none'],
    ['Data collectors', dataCollectors(info)],
    ['Diagnose command', info['diagnose_data_collector_filename'] || 'diagnose, on nodes that have it'],
    ['Tags', info['tags']],
    ['UUID', info['uuid']],
    ['Created', formatTime(info['ctime'])],
    ['Changed', formatTime(info['mtime'])],
  ];
}

/** Of a plugin only what is set is known: how it is by itself its node knows. */
function dataCollectors(info: Row): Record<string, string> {
  const active = (info['enabled_data_collectors'] ?? {}) as Record<string, boolean>;
  const interval = (info['data_collector_interval'] ?? {}) as Record<string, number>;
  const names = Object.keys({ ...active, ...interval });
  return Object.fromEntries(
    names.map((name) => {
      const every = interval[name];
      return [name, `${active[name] === false ? 'hidden' : 'shown'}${every === undefined ? '' : `, every ${every / 1e6} s`}`];
    }),
  );
}
