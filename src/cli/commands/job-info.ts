import { defineInfoCommand } from '../command/info-command.ts';
import type { ClusterClient, Row, StepReply } from '../connect/cluster-client.ts';
import { isFinal, type JobReply, jobError, jobFromReply, secondsOf, shownSummary } from '../connect/job-reply.ts';
import { ReportedError } from '../connect/reported-error.ts';
import { formatDuration, formatTime } from '../output/format-values.ts';
import { formatStatus } from '../output/list-fields.ts';
import { type Details, Painted } from '../output/print-details.ts';
import { logText, stepText } from '../progress/plain-progress.ts';

export const command = defineInfoCommand({ topic: 'job', kind: 'jobs', details: jobDetails, complete: withMore });

/** What Ganeti's page of a job does not have; a user who may not wait for jobs is shown the page alone. */
async function withMore(row: Row, client: ClusterClient): Promise<Row> {
  try {
    const { user, trace, opsteps, parent, children } = await client.job(Number(row['id']));
    return await withReasons({ ...row, user, trace, opsteps, parent, children }, client);
  } catch (error) {
    if (error instanceof ReportedError && error.status === 403) return row;
    throw error;
  }
}

/** What a job that has not ended waits for, and its running step; both are known to the master only. */
async function withReasons(row: Row, client: ClusterClient): Promise<Row> {
  if (isFinal({ status: String(row['status']) })) return row;
  const update = await client.waitForJob(Number(row['id']), { values: null, logSerial: 0 });
  return update ? { ...row, waiting_for: update.waitingFor, progress: update.progress } : row;
}

function jobDetails(row: Row): Details {
  const job = jobFromReply(row);
  const summary = shownSummary(job);
  const took = job.start_ts && job.end_ts ? formatDuration(secondsOf(job.end_ts) - secondsOf(job.start_ts)) : '-';
  return [
    ['Job', job.id],
    ['Status', new Painted(formatStatus(job.status))],
    ...(row['user'] ? [['User', row['user']] as const] : []),
    ...(row['trace'] ? [['Trace', row['trace']] as const] : []),
    ...relatives(row),
    ...waiting(row),
    ['Received', formatTime(job.received_ts)],
    ['Started', formatTime(job.start_ts)],
    ['Ended', formatTime(job.end_ts)],
    ['Took', took],
    ...(isFinal(job) && job.status === 'error' ? [['Error', jobError(job).report.what] as const] : []),
    ['Operations', job.ops.map((_, index): Details[number] => [summary[index] ?? `${index}`, opDetails(job, index)])],
  ];
}

function relatives(row: Row): Details {
  const { parent, children } = row;
  return [
    ...(typeof parent === 'number' ? [['Parent', parent] as const] : []),
    ...(Array.isArray(children) && children.length > 0 ? [['Children', children.join(', ')] as const] : []),
  ];
}

function waiting(row: Row): Details {
  const reasons = row['waiting_for'];
  const step = row['progress'] as StepReply | null | undefined;
  return [
    ...(Array.isArray(reasons) && reasons.length > 0 ? [['Waits for', reasons] as const] : []),
    ...(step ? [['Step', stepText(step).trim()] as const] : []),
  ];
}

/** Finished steps with the time that each took. */
function stepDetails(job: JobReply, index: number): Details {
  const steps = (job.opsteps[index] ?? []).map(({ step, title, seconds }): Details[number] => [title ?? step, formatDuration(seconds)]);
  return steps.length > 0 ? [['Steps', steps]] : [];
}

const shownApart = new Set(['OP_ID', 'reason', 'debug_level', 'priority', 'depends', 'comment', 'dry_run']);

function opDetails(job: JobReply, index: number): Details {
  const result = job.opresult[index];
  const input = Object.entries(job.ops[index] ?? {}).filter(([key]) => !shownApart.has(key));
  const log = (job.oplog[index] ?? []).map((line): Details[number] => [formatTime(line[1]), logText(line[3])]);
  return [
    ['Status', new Painted(formatStatus(job.opstatus[index]))],
    ['Parameters', Object.fromEntries(input.map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : value]))],
    ['Result', typeof result === 'object' && result !== null ? JSON.stringify(result) : result],
    ...stepDetails(job, index),
    ['Log', log.length > 0 ? log : null],
  ];
}
