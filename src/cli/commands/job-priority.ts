import type { Command } from '../command/command.ts';
import { jobNumber } from '../command/job-number.ts';
import { parsePriority } from '../command/submit.ts';
import { exitCodes } from '../exit-codes.ts';
import { printJson, printLine } from '../output/print.ts';

export const command: Command = {
  path: ['job', 'priority'],
  summary: 'Change the priority of a waiting job',
  args: [
    { name: 'job', help: 'number of the job', complete: 'job' },
    { name: 'priority', help: 'low, normal, high or -20 … 19; lower runs first' },
  ],
  examples: ['gantry job priority 12 high'],
  run: async ({ args, output, client }) => {
    const id = jobNumber(args[0] ?? '', 'job priority');
    const priority = parsePriority(args[1] ?? '', 'job priority');
    await client().http.request('PUT', `/2/jobs/${id}/priority`, { body: { priority } });
    if (output === 'json') printJson({ job_id: id, priority });
    else printLine(`Job ${id} has priority ${priority}.`);
    return exitCodes.ok;
  },
};
