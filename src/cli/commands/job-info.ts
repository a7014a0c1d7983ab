import { defineInfoCommand } from '../command/info-command.ts';
import type { Row } from '../connect/cluster-client.ts';
import { isFinal, type JobReply, jobError, jobFromReply, secondsOf } from '../connect/job-reply.ts';
import { formatDuration, formatTime } from '../output/format-values.ts';
import { formatStatus } from '../output/list-fields.ts';
import type { Details } from '../output/print-details.ts';
import { logText } from '../progress/plain-progress.ts';

export const command = defineInfoCommand({ topic: 'job', kind: 'jobs', details: jobDetails });

function jobDetails(row: Row): Details {
  const job = jobFromReply(row);
  const took = job.start_ts && job.end_ts ? formatDuration(secondsOf(job.end_ts) - secondsOf(job.start_ts)) : '-';
  return [
    ['Job', job.id],
    ['Status', formatStatus(job.status)],
    ...('user' in row ? [['User', row['user']] as const] : []),
    ['Received', formatTime(job.received_ts)],
    ['Started', formatTime(job.start_ts)],
    ['Ended', formatTime(job.end_ts)],
    ['Took', took],
    ...(isFinal(job) && job.status === 'error' ? [['Error', jobError(job).report.what] as const] : []),
    ['Operations', job.ops.map((_, index): Details[number] => [job.summary[index] ?? `${index}`, opDetails(job, index)])],
  ];
}

const shownApart = new Set(['OP_ID', 'reason', 'debug_level', 'priority', 'depends', 'comment', 'dry_run']);

function opDetails(job: JobReply, index: number): Details {
  const input = Object.entries(job.ops[index] ?? {}).filter(([key]) => !shownApart.has(key));
  const log = (job.oplog[index] ?? []).map((line): Details[number] => [formatTime(line[1]), logText(line[3])]);
  return [
    ['Status', formatStatus(job.opstatus[index])],
    ['Parameters', Object.fromEntries(input.map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : value]))],
    ['Result', typeof job.opresult[index] === 'object' ? JSON.stringify(job.opresult[index]) : job.opresult[index]],
    ['Log', log.length > 0 ? log : null],
  ];
}
