import { defineListCommand } from '../command/list-command.ts';
import { selectedRows } from '../command/selected-rows.ts';
import type { Row } from '../connect/cluster-client.ts';
import { formatPlain } from '../output/format-values.ts';
import { commonFields, formatStatus, type ListField, numberField, sizeField } from '../output/list-fields.ts';

/** Ganeti's letters for what a node is. */
export const nodeRoles: Readonly<Record<string, string>> = { M: 'master', C: 'candidate', R: 'regular', D: 'drained', O: 'offline' };

/** For people; a node that has not joined is offline for everybody else. */
export const nodeRole = ({ role, joined }: Row): unknown => (joined === false ? 'not joined' : (nodeRoles[String(role)] ?? role));

const fields: readonly ListField[] = [
  { name: 'name', title: 'Node' },
  { name: 'role', title: 'Role', format: (_value, _unit, row) => formatStatus(nodeRole(row)) },
  { name: 'group', title: 'Group' },
  sizeField('dtotal', 'DTotal'),
  sizeField('dfree', 'DFree'),
  sizeField('mtotal', 'MTotal'),
  sizeField('mnode', 'MNode'),
  sizeField('mfree', 'MFree'),
  numberField('ctotal', 'CTotal'),
  numberField('pinst_cnt', 'Pinst'),
  numberField('sinst_cnt', 'Sinst'),
  { name: 'pinst_list', title: 'Primary_instances' },
  { name: 'sinst_list', title: 'Secondary_instances' },
  { name: 'pip', title: 'Primary_IP' },
  { name: 'sip', title: 'Secondary_IP' },
  { name: 'offline', title: 'Offline', format: formatPlain },
  { name: 'joined', title: 'Joined', format: formatPlain },
  { name: 'drained', title: 'Drained' },
  { name: 'master_candidate', title: 'Candidate' },
  { name: 'master_capable', title: 'Master_capable' },
  { name: 'vm_capable', title: 'VM_capable' },
  ...commonFields,
];

export const command = defineListCommand({
  path: ['node', 'list'],
  summary: 'List nodes',
  kind: 'nodes',
  fields,
  defaults: ['name', 'role', 'dtotal', 'dfree', 'mtotal', 'mfree', 'pinst_cnt', 'sinst_cnt', 'pip'],
  args: [{ name: 'node', help: 'only these; globs, or one filter', complete: 'node', optional: true, variadic: true }],
  examples: ['gantry node list', 'gantry node list -o +group,tags'],
  load: async (client, invocation, chosen) => {
    const rows = await selectedRows(client, 'nodes', invocation);
    if (!chosen.includes('group')) return rows;
    const groups = new Map((await client.list('groups')).map((group) => [group['uuid'], group['name']]));
    return rows.map((row) => ({ ...row, group: groups.get(row['group.uuid']) ?? null }));
  },
});
