import type { Json } from '../../base/index.ts';
import { defineOption, type Invocation, switchOption, textOption } from '../command/command.ts';
import { defineListCommand } from '../command/list-command.ts';
import { usage } from '../command/parse-command-line.ts';
import { rowsByName, selection } from '../command/selected-rows.ts';
import type { ClusterClient, Row } from '../connect/cluster-client.ts';
import { shownSummary } from '../connect/job-reply.ts';
import { formatPlain } from '../output/format-values.ts';
import { formatStatus, type ListField, numberField, timeField } from '../output/list-fields.ts';
import { printNote } from '../output/print.ts';

const fields: readonly ListField[] = [
  numberField('id', 'ID'),
  { name: 'status', title: 'Status', format: formatStatus },
  { name: 'summary', title: 'Summary', format: (_value, _unit, row) => formatPlain(shownSummary(row)) },
  { name: 'user', title: 'User' },
  { name: 'waiting_for', title: 'Waits_for' },
  numberField('priority', 'Priority'),
  timeField('received_ts', 'Received'),
  timeField('start_ts', 'Started'),
  timeField('end_ts', 'Ended'),
  { name: 'opstatus', title: 'Op_status' },
];

const switches: Readonly<Record<string, readonly string[]>> = {
  pending: ['queued', 'waiting'],
  running: ['running', 'canceling'],
  error: ['error'],
  finished: ['success', 'error', 'canceled'],
};

/** Fields that every row has, as in the list of the REST API and two more. */
const always = 'id ops status summary opstatus received_ts start_ts end_ts user priority waiting_for'.split(' ');
const defaultLimit = 50;

export const command = defineListCommand({
  path: ['job', 'list'],
  summary: 'List jobs that are not archived, the newest first',
  kind: 'jobs',
  fields,
  defaults: ['id', 'status', 'received_ts', 'summary', 'waiting_for'],
  args: [{ name: 'job', help: 'only these, or one filter', complete: 'job', optional: true, variadic: true }],
  options: [
    defineOption('--limit <n>', `show at most this many, the newest ones; default ${defaultLimit}, as JSON all`),
    defineOption('--all', 'all of them'),
    defineOption('--pending', 'only those that have not started'),
    defineOption('--running', 'only those that are running'),
    defineOption('--error', 'only those that failed'),
    defineOption('--finished', 'only those that have ended'),
  ],
  examples: ['gantry job list', 'gantry job list --error --limit 5', 'gantry job list --all --sort id'],
  load: async (client, invocation, chosen) => {
    const limit = limitOf(invocation);
    const { names, filter } = selection(invocation.args, textOption(invocation.options, 'filter'));
    const wanted = Object.entries(switches).flatMap(([name, statuses]) => (switchOption(invocation.options, name) ? statuses : []));
    const byStatus = wanted.length === 0 ? [] : [['|', ...wanted.map((status) => ['=', 'status', status])]];
    const conditions: Json[] = [...(filter === undefined ? [] : [filter]), ...byStatus];
    if (names.length > 0) return named(client, names, conditions);
    return newest(client, conditions.length === 0 ? null : ['&', ...conditions], limit, [...new Set([...always, ...chosen])]);
  },
});

function limitOf({ options, output }: Invocation): number {
  const text = textOption(options, 'limit');
  if (switchOption(options, 'all')) return Number.POSITIVE_INFINITY;
  if (text === undefined) return output === 'json' ? Number.POSITIVE_INFINITY : defaultLimit;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw usage('job list', `--limit is a whole number from 1 to 9999999, not "${text}".`);
  return Number(text);
}

async function named(client: ClusterClient, ids: readonly string[], conditions: readonly Json[]): Promise<readonly Row[]> {
  const rows = await rowsByName(client, 'jobs', ids);
  if (conditions.length === 0) return rows;
  const passed = await client.passing('jobs', ['&', ...conditions]);
  return rows.filter((row) => passed.has(String(row['id'])));
}

/** The newest come first. Their numbers are asked for before, so that a long history is not sent for the sake of its end. */
async function newest(client: ClusterClient, filter: Json, limit: number, names: readonly string[]): Promise<readonly Row[]> {
  if (limit === Number.POSITIVE_INFINITY) return (await client.query('jobs', names, filter)).toReversed();
  const ids = filter === null ? await client.names('jobs') : [...(await client.passing('jobs', filter))];
  const shown = new Set(
    ids
      .map(Number)
      .sort((a, b) => b - a)
      .slice(0, limit),
  );
  if (shown.size === 0) return [];
  if (shown.size < ids.length) printNote(`The newest ${shown.size} of ${ids.length} jobs; --all shows all of them.`);
  const rows = await client.query('jobs', names, ['>=', 'id', Math.min(...shown)]);
  return rows.filter((row) => shown.has(Number(row['id']))).toReversed();
}
