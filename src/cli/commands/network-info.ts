import { defineInfoCommand } from '../command/info-command.ts';
import { formatTime } from '../output/format-values.ts';
import { formatGroups } from './network-list.ts';

export const command = defineInfoCommand({
  topic: 'network',
  kind: 'networks',
  details: (row) => [
    ['Network', row['name']],
    ['Subnet', row['network']],
    ['Gateway', row['gateway']],
    ['IPv6 subnet', row['network6']],
    ['IPv6 gateway', row['gateway6']],
    ['MAC prefix', row['mac_prefix']],
    ['Free addresses', row['free_count']],
    ['Reserved addresses', row['reserved_count']],
    ['Reserved from outside', row['external_reservations']],
    ['Groups', formatGroups(row['group_list'])],
    ['Instances', row['inst_list']],
    ['Tags', row['tags']],
    ['UUID', row['uuid']],
    ['Serial number', row['serial_no']],
    ['Created', formatTime(row['ctime'])],
    ['Changed', formatTime(row['mtime'])],
  ],
});
