import type { Command } from '../command/command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatPlain } from '../output/format-values.ts';
import { paint, printJson, printLine } from '../output/print.ts';
import { renderTable } from '../output/table.ts';

/** A row of `GET /2/locks`. */
interface LockReply {
  readonly name: string;
  readonly mode: string | null;
  readonly owners: readonly number[];
  readonly pending: readonly { readonly job: number; readonly mode: string }[];
}

export const command: Command = {
  path: ['cluster', 'locks'],
  summary: 'Show which jobs hold locks and which wait for them',
  run: async ({ output, client }) => {
    const locks = (await client().http.request('GET', '/2/locks')) as readonly LockReply[];
    if (output === 'json') {
      printJson(locks);
      return exitCodes.ok;
    }
    if (locks.length === 0) printLine('No locks are held.');
    const rows = locks.map(({ name, mode, owners, pending }) => [
      formatPlain(name),
      formatPlain(mode),
      owners.map((job) => `job ${job}`).join(', ') || '-',
      pending.map((waiting) => `job ${waiting.job} (${waiting.mode})`).join(', ') || '-',
    ]);
    const columns = ['Lock', 'Mode', 'Held by', 'Waiting'].map((title) => ({ title }));
    if (rows.length > 0) for (const line of renderTable(columns, rows, { paintTitle: (title) => paint('bold', title) })) printLine(line);
    return exitCodes.ok;
  },
};
