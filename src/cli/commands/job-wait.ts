import type { Command } from '../command/command.ts';
import { jobNumber } from '../command/job-number.ts';
import { jobError } from '../connect/job-reply.ts';
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import { formatStatus } from '../output/list-fields.ts';
import { printJson, printLine } from '../output/print.ts';
import { followJob } from '../progress/follow-job.ts';
import { silentProgress } from '../progress/progress-view.ts';

export const command: Command = {
  path: ['job', 'wait'],
  summary: 'Wait until jobs have ended',
  details: 'Prints how each ended. The exit code is that of the first job that did not succeed.',
  args: [{ name: 'job', help: 'number of the job', complete: 'job', variadic: true }],
  run: async ({ args, output, client }) => {
    const jobs = [];
    for (const text of args) {
      const job = await followJob(client(), jobNumber(text, 'job wait'), silentProgress);
      if (output === 'table') printLine(`Job ${job.id}: ${formatStatus(job.status)}`);
      jobs.push(job);
    }
    if (output === 'json') printJson(jobs.map(({ id, status, opresult }) => ({ job_id: id, status, result: opresult })));
    const failed = jobs.find(({ status }) => status !== 'success');
    if (!failed) return exitCodes.ok;
    return failed.status === 'error' ? exitCodeOf(jobError(failed)) : exitCodes.failed;
  },
};
