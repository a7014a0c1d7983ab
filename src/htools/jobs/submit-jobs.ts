import { GantryError } from '../../base/index.ts';
import { annotate, type JobOrigin } from './job-origin.ts';
import type { JobQueue } from './job-queue.ts';
import type { Job } from './opcode.ts';

/** Submits jobs that run side by side. @returns their numbers @throws HTOOLS_JOB_REFUSED */
export async function submitJobs(queue: JobQueue, jobs: readonly Job[], origin: JobOrigin): Promise<number[]> {
  const annotated = jobs.map((job) => job.map((opcode) => annotate(opcode, origin)));
  const answers: readonly (number | string)[] = await queue.submit(annotated).catch(({ message }: Error) => [message]);
  const taken = answers.filter((answer) => typeof answer === 'number');
  const refusal = answers.find((answer) => typeof answer === 'string');
  if (refusal === undefined) return taken;
  const facts = { program: origin.program, detail: refusal, taken: taken.length > 0 ? taken.join(', ') : 'none' };
  throw new GantryError('HTOOLS_JOB_REFUSED', facts);
}
