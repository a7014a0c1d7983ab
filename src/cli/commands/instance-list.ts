import { defineListCommand } from '../command/list-command.ts';
import { selectedRows } from '../command/selected-rows.ts';
import { commonFields, formatStatus, type ListField, numberField, sizeField } from '../output/list-fields.ts';

const fields: readonly ListField[] = [
  { name: 'name', title: 'Instance' },
  { name: 'os', title: 'OS' },
  { name: 'pnode', title: 'Primary_node' },
  { name: 'snodes', title: 'Secondary_nodes' },
  { name: 'status', title: 'Status', format: formatStatus },
  { name: 'admin_state', title: 'Admin_state' },
  { name: 'oper_state', title: 'Running' },
  { name: 'oper_problem', title: 'Problem' },
  sizeField('oper_ram', 'Memory'),
  numberField('oper_vcpus', 'VCPUs'),
  { name: 'disk_template', title: 'Disk_template' },
  sizeField('disk_usage', 'Disk_usage'),
  sizeField('disk.sizes', 'Disks'),
  { name: 'nic.ips', title: 'IP' },
  { name: 'nic.macs', title: 'MAC' },
  { name: 'nic.links', title: 'Link' },
  { name: 'network_port', title: 'VNC_port' },
  sizeField('be/memory', 'Maxmem', (row) => (row['beparams'] as { maxmem?: number } | undefined)?.maxmem),
  numberField('be/vcpus', 'Vcpus'),
  ...commonFields,
];

export const command = defineListCommand({
  path: ['instance', 'list'],
  summary: 'List instances',
  kind: 'instances',
  fields,
  defaults: ['name', 'os', 'pnode', 'status', 'oper_ram', 'oper_vcpus', 'nic.ips'],
  args: [
    { name: 'instance', help: 'only these; globs such as "web*", or one filter', complete: 'instance', optional: true, variadic: true },
  ],
  examples: [
    'gantry instance list -o name,status,pnode',
    "gantry instance list 'web*' --sort -oper_ram",
    'gantry instance list --filter \'pnode == "node2" and not (status == "running")\'',
    'gantry instance list --output json',
  ],
  load: (client, invocation) => selectedRows(client, 'instances', invocation),
});
