import { defineInfoCommand } from '../command/info-command.ts';
import type { Row } from '../connect/cluster-client.ts';
import { formatSize, formatTime } from '../output/format-values.ts';
import type { Details } from '../output/print-details.ts';
import { nodeRole } from './node-list.ts';

export const command = defineInfoCommand({ topic: 'node', kind: 'nodes', details: nodeDetails });

function nodeDetails(row: Row): Details {
  return [
    ['Node', row['name']],
    ['Role', nodeRole(row)],
    ['Primary address', row['pip']],
    ['Secondary address', row['sip']],
    ['Memory', `${formatSize(row['mfree'])} free of ${formatSize(row['mtotal'])}, ${formatSize(row['mnode'])} used by the node`],
    ['Disk', `${formatSize(row['dfree'])} free of ${formatSize(row['dtotal'])}`],
    ['CPUs', row['ctotal']],
    ['Master candidate', row['master_candidate']],
    ['Master capable', row['master_capable']],
    ['Runs instances', row['vm_capable']],
    ['Drained', row['drained']],
    ['Offline', row['offline']],
    ['Primary instances', row['pinst_list']],
    ['Secondary instances', row['sinst_list']],
    ['Node parameters', row['ndparams']],
    ['Tags', row['tags']],
    ['UUID', row['uuid']],
    ['Group UUID', row['group.uuid']],
    ['Serial number', row['serial_no']],
    ['Created', formatTime(row['ctime'])],
    ['Changed', formatTime(row['mtime'])],
  ];
}
