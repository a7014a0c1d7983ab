import { defineInfoCommand } from '../command/info-command.ts';
import type { Row } from '../connect/cluster-client.ts';
import { formatPlain, formatSize, formatTime } from '../output/format-values.ts';
import type { Details } from '../output/print-details.ts';

export const command = defineInfoCommand({ topic: 'instance', kind: 'instances', details: instanceDetails });

export function instanceDetails(row: Row): Details {
  const be = (row['beparams'] ?? {}) as Record<string, unknown>;
  return [
    ['Instance', row['name']],
    ['Status', row['status']],
    ...(row['oper_problem'] ? ([['Problem', row['oper_problem']]] as const) : []),
    ['Should be', row['admin_state']],
    ['Primary node', row['pnode']],
    ['Secondary nodes', row['snodes']],
    ['OS', row['os']],
    ['VNC console', row['network_port'] ? `gantry instance console --vnc ${formatPlain(row['name'])}` : 'no'],
    ['Memory', `${formatSize(row['oper_ram'] ?? be['maxmem'])} (min ${formatSize(be['minmem'])}, max ${formatSize(be['maxmem'])})`],
    ['VCPUs', row['oper_vcpus'] ?? be['vcpus']],
    ['Disk template', row['disk_template']],
    ['Disks', disks(row)],
    ['NICs', nics(row)],
    ['Backend parameters', row['beparams']],
    ['Own hypervisor parameters', row['custom_hvparams']],
    ['Tags', row['tags']],
    ['UUID', row['uuid']],
    ['Serial number', row['serial_no']],
    ['Created', formatTime(row['ctime'])],
    ['Changed', formatTime(row['mtime'])],
  ];
}

function disks(row: Row): Details {
  return list(row, 'disk.sizes').map((size, index): Details[number] => {
    const parts = [formatSize(size), list(row, 'disk.names')[index], list(row, 'disk.uuids')[index]];
    return [`${index}`, parts.filter(Boolean).map(formatPlain).join(', ')];
  });
}

function nics(row: Row): Details {
  return list(row, 'nic.macs').map((mac, index): Details[number] => {
    const part = (key: string, otherwise = '-') => formatPlain(list(row, key)[index] ?? otherwise);
    const network = list(row, 'nic.networks.names')[index] ? `, network ${part('nic.networks.names')}` : '';
    const where = `${part('nic.modes')} on ${part('nic.links')}`;
    return [`${index}`, `${formatPlain(mac)}, ${part('nic.ips', 'no address')}, ${where}${network}`];
  });
}

function list(row: Row, key: string): readonly unknown[] {
  const value = row[key];
  return Array.isArray(value) ? value : [];
}
