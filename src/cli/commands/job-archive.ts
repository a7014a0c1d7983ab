import { type Command, defineOption, textOption } from '../command/command.ts';
import { jobNumber } from '../command/job-number.ts';
import { usage } from '../command/parse-command-line.ts';
import { parseDuration } from '../command/parse-duration.ts';
import { exitCodes } from '../exit-codes.ts';
import { printJson, printLine } from '../output/print.ts';

export const command: Command = {
  path: ['job', 'archive'],
  summary: 'Move finished jobs to the archive',
  args: [{ name: 'job', help: 'number of the job', complete: 'job', optional: true, variadic: true }],
  options: [defineOption('--older-than <age>', 'all jobs that ended longer ago than this, e.g. 30s, 6h, 2d; 0 for all')],
  examples: ['gantry job archive 12 13', 'gantry job archive --older-than 2d'],
  run: async ({ args, options, output, client }) => {
    const age = textOption(options, 'older-than');
    if ((age === undefined) === (args.length === 0)) throw usage('job archive', 'Specify jobs or --older-than.');
    if (age !== undefined) {
      const count = await client().http.request('POST', '/2/jobs/archive', { query: { age: parseDuration(age, 'job archive') } });
      if (output === 'json') printJson({ archived: count });
      else printLine(`${String(count)} jobs archived.`);
      return exitCodes.ok;
    }
    const ids = args.map((text) => jobNumber(text, 'job archive'));
    for (const id of ids) await client().http.request('POST', `/2/jobs/${id}/archive`);
    if (output === 'json') printJson({ archived: ids.length, jobs: ids });
    else printLine(`${ids.length} ${ids.length === 1 ? 'job' : 'jobs'} archived.`);
    return exitCodes.ok;
  },
};
