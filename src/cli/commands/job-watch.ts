import type { Command } from '../command/command.ts';
import { jobNumber } from '../command/job-number.ts';
import { shownSummary } from '../connect/job-reply.ts';
import { printResult, requireSuccess } from '../output/print-result.ts';
import { chooseProgressView } from '../progress/choose-progress-view.ts';
import { followJob } from '../progress/follow-job.ts';
import { jsonProgress } from '../progress/json-progress.ts';

export const command: Command = {
  path: ['job', 'watch'],
  summary: 'Follow a job: its steps and its log',
  details:
    'Ends as the job ends, with its exit code. With --output json: one JSON object a line for every event; the last one has the result.',
  args: [{ name: 'job', help: 'number of the job', complete: 'job' }],
  run: async ({ args, output, client }) => {
    const id = jobNumber(args[0] ?? '', 'job watch');
    const cluster = client();
    const summary = shownSummary(await cluster.job(id));
    const view = output === 'json' ? jsonProgress : chooseProgressView(output, summary.join(', '));
    const job = await followJob(cluster, id, view);
    return output === 'json' ? requireSuccess(job) : printResult(job, output);
  },
};
