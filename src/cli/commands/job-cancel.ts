import { GantryError } from '../../base/index.ts';
import type { Command } from '../command/command.ts';
import { jobNumber } from '../command/job-number.ts';
import { exitCodes } from '../exit-codes.ts';
import { printJson, printLine } from '../output/print.ts';

export const command: Command = {
  path: ['job', 'cancel'],
  summary: 'Cancel jobs; what they have done is undone',
  args: [{ name: 'job', help: 'number of the job', complete: 'job', variadic: true }],
  run: async ({ args, output, client }) => {
    const ids = args.map((text) => jobNumber(text, 'job cancel'));
    for (const id of ids) {
      // Ganeti's form of the answer: whether it was cancelled, and a sentence about it.
      const [cancelled, detail] = (await client().http.request('DELETE', `/2/jobs/${id}`)) as [boolean, string];
      if (!cancelled) throw new GantryError('CLI_CANCEL_REFUSED', { job: id, detail });
      if (output === 'table') printLine(detail);
    }
    if (output === 'json') printJson(ids.map((id) => ({ job_id: id, cancelled: true })));
    return exitCodes.ok;
  },
};
