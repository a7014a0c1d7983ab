import { defineListCommand } from '../command/list-command.ts';
import { selectedRows } from '../command/selected-rows.ts';
import { commonFields, type ListField, numberField } from '../output/list-fields.ts';

const fields: readonly ListField[] = [
  { name: 'name', title: 'Group' },
  numberField('node_cnt', 'Nodes'),
  numberField('pinst_cnt', 'Instances'),
  { name: 'node_list', title: 'Node_list' },
  { name: 'alloc_policy', title: 'AllocPolicy' },
  { name: 'ndparams', title: 'NDParams' },
  ...commonFields,
];

export const command = defineListCommand({
  path: ['group', 'list'],
  summary: 'List node groups',
  kind: 'groups',
  fields,
  defaults: ['name', 'node_cnt', 'alloc_policy', 'node_list'],
  args: [{ name: 'group', help: 'only these; globs, or one filter', complete: 'group', optional: true, variadic: true }],
  load: (client, invocation) => selectedRows(client, 'groups', invocation),
});
