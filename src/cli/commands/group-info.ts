import { defineInfoCommand } from '../command/info-command.ts';
import { formatTime } from '../output/format-values.ts';

export const command = defineInfoCommand({
  topic: 'group',
  kind: 'groups',
  details: (row) => [
    ['Node group', row['name']],
    ['Allocation policy', row['alloc_policy']],
    ['Nodes', row['node_list']],
    ['Node parameters', row['ndparams']],
    ['Instance policy', row['ipolicy']],
    ['Own instance policy', row['custom_ipolicy']],
    ['Tags', row['tags']],
    ['UUID', row['uuid']],
    ['Serial number', row['serial_no']],
    ['Created', formatTime(row['ctime'])],
    ['Changed', formatTime(row['mtime'])],
  ],
});
