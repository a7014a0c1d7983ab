import { GantryError } from '../base/index.ts';
import { annotate, type JobOrigin } from './job-origin.ts';
import type { JobAnswer, JobPort } from './job-port.ts';
import type { Job } from './opcode.ts';

/** Submits jobs that run side by side. @returns their numbers @throws HTOOLS_JOB_REFUSED, HTOOLS_JOB_ANSWER_LOST */
export async function submitJobs(queue: JobPort, jobs: readonly Job[], origin: JobOrigin): Promise<number[]> {
  const annotated = jobs.map((job) => job.map((opcode) => annotate(opcode, origin)));
  const answers = await queue.submit(annotated).catch(({ message }: Error): JobAnswer[] => [{ refused: message }]);
  const taken = answers.flatMap((answer) => ('taken' in answer ? [answer.taken] : []));
  if (taken.length === jobs.length) return taken;
  const lost = answers.flatMap((answer) => ('lost' in answer ? [answer.lost] : []));
  const refused = answers.flatMap((answer) => ('refused' in answer ? [answer.refused] : []));
  const [detail = ''] = [...lost, ...refused];
  const refusals = jobs.length - taken.length - lost.length;
  const facts = { program: origin.program, detail, taken: taken.length > 0 ? taken.join(', ') : 'none', refused: refusals };
  if (lost.length > 0) throw new GantryError('HTOOLS_JOB_ANSWER_LOST', { ...facts, lost: lost.length });
  throw new GantryError('HTOOLS_JOB_REFUSED', facts);
}
