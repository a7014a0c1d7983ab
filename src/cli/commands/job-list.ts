import { defineOption, switchOption } from '../command/command.ts';
import { defineListCommand, rowsByName } from '../command/list-command.ts';
import { formatStatus, type ListField, numberField, timeField } from '../output/list-fields.ts';

const fields: readonly ListField[] = [
  numberField('id', 'ID'),
  { name: 'status', title: 'Status', format: formatStatus },
  { name: 'summary', title: 'Summary' },
  { name: 'user', title: 'User' },
  numberField('priority', 'Priority', (row) => row['priority'] ?? firstOp(row)?.['priority']),
  timeField('received_ts', 'Received'),
  timeField('start_ts', 'Started'),
  timeField('end_ts', 'Ended'),
  { name: 'opstatus', title: 'Op_status' },
];

const filters: Readonly<Record<string, readonly string[]>> = {
  pending: ['queued', 'waiting'],
  running: ['running', 'canceling'],
  error: ['error'],
  finished: ['success', 'error', 'canceled'],
};

export const command = defineListCommand({
  path: ['job', 'list'],
  summary: 'List jobs that are not archived',
  kind: 'jobs',
  fields,
  defaults: ['id', 'status', 'received_ts', 'summary'],
  args: [{ name: 'job', help: 'only these', complete: 'job', optional: true, variadic: true }],
  options: [
    defineOption('--pending', 'only those that have not begun'),
    defineOption('--running', 'only those that run'),
    defineOption('--error', 'only those that failed'),
    defineOption('--finished', 'only those that ended'),
  ],
  load: async (client, { args, options }) => {
    const wanted = Object.entries(filters).flatMap(([name, statuses]) => (switchOption(options, name) ? statuses : []));
    const rows = await rowsByName(client, 'jobs', args);
    return wanted.length === 0 ? rows : rows.filter((row) => wanted.includes(String(row['status'])));
  },
});

function firstOp(row: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  return Array.isArray(row['ops']) ? row['ops'][0] : undefined;
}
