import { GantryError } from '../../base/index.ts';
import type { ClusterClient } from '../connect/cluster-client.ts';
import { type JobReply, shownSummary } from '../connect/job-reply.ts';
import { requireSuccess } from '../output/print-result.ts';
import { chooseProgressView } from '../progress/choose-progress-view.ts';
import { followJob } from '../progress/follow-job.ts';
import type { OutputMode } from './command.ts';

/**
 * Follows the jobs that a job has submitted, one after the other (they run as they like); none for other jobs.
 * @throws CLI_SUBMITTED_FAILED when some of them failed or could not be submitted, after all have ended
 */
export async function followSubmitted(client: ClusterClient, job: JobReply, output: OutputMode): Promise<void> {
  const { ids, refused } = submittedBy(job);
  const problems: string[] = [...refused];
  for (const id of ids) {
    const summary = shownSummary(await client.job(id));
    try {
      requireSuccess(await followJob(client, id, chooseProgressView(output, summary.join(', '))));
    } catch (error) {
      problems.push(`job ${id}: ${GantryError.from(error).message}`);
    }
  }
  if (problems.length === 0) return;
  const count = ids.length + refused.length;
  throw new GantryError('CLI_SUBMITTED_FAILED', { failed: problems.length, count, problems: problems.join('; ') });
}

/** Ganeti's form of such a result: `{"jobs": [[true, 12], [false, "why it was not submitted"]]}`. */
function submittedBy({ opresult: [result] }: JobReply): { readonly ids: readonly number[]; readonly refused: readonly string[] } {
  const { jobs } = (result ?? {}) as { jobs?: unknown };
  const entries = (Array.isArray(jobs) ? jobs : []) as readonly (readonly [unknown, unknown])[];
  return {
    ids: entries.flatMap(([submitted, id]) => (submitted !== false && typeof id === 'number' ? [id] : [])),
    refused: entries.flatMap(([submitted, reason]) => (submitted === false ? [String(reason)] : [])),
  };
}
