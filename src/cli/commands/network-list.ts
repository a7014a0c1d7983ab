import { defineListCommand } from '../command/list-command.ts';
import { selectedRows } from '../command/selected-rows.ts';
import { formatPlain } from '../output/format-values.ts';
import { commonFields, type ListField, numberField } from '../output/list-fields.ts';

const fields: readonly ListField[] = [
  { name: 'name', title: 'Network' },
  { name: 'network', title: 'Subnet' },
  { name: 'gateway', title: 'Gateway' },
  { name: 'mac_prefix', title: 'MAC_prefix' },
  numberField('free_count', 'Free'),
  numberField('reserved_count', 'Reserved'),
  { name: 'external_reservations', title: 'External_reservations' },
  { name: 'group_list', title: 'Groups', format: formatGroups },
  { name: 'inst_list', title: 'Instances' },
  ...commonFields,
];

export const command = defineListCommand({
  path: ['network', 'list'],
  summary: 'List networks',
  kind: 'networks',
  fields,
  defaults: ['name', 'network', 'gateway', 'mac_prefix', 'free_count', 'reserved_count', 'group_list'],
  args: [{ name: 'network', help: 'only these; globs, or one filter', complete: 'network', optional: true, variadic: true }],
  load: (client, invocation) => selectedRows(client, 'networks', invocation),
});

/** `[["default", "bridged", "br0", ""]]` becomes `default (bridged, br0)`. */
export function formatGroups(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return '-';
  return value
    .map(([group, ...rest]: unknown[]) => `${formatPlain(group)} (${rest.filter(Boolean).map(formatPlain).join(', ')})`)
    .join(', ');
}
