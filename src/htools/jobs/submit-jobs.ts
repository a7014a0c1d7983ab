import { GantryError, type Json } from '../../base/index.ts';
import { withMaster } from '../sources/luxi/with-master.ts';
import { annotate, type JobOrigin } from './job-origin.ts';
import type { Job } from './opcode.ts';

/** Submits jobs that run side by side to the master at this socket. @returns their numbers @throws HTOOLS_JOB_REFUSED */
export async function submitJobs(path: string, jobs: readonly Job[], origin: JobOrigin): Promise<number[]> {
  const annotated = jobs.map((job) => job.map((opcode) => annotate(opcode, origin)));
  const answers = await withMaster(path, (master) => master.call('SubmitManyJobs', [annotated as Json])).catch((cause: Error) =>
    refuse(origin, cause.message, []),
  );
  const pairs: unknown[] = Array.isArray(answers) ? answers : [answers];
  const results = pairs.map((answer) => (Array.isArray(answer) ? answer : [false, answer]));
  const taken = results.filter(([accepted]) => accepted === true).map(([, job]) => Number(job));
  const refused = results.find(([accepted]) => accepted !== true);
  return refused ? refuse(origin, String(refused[1]), taken) : taken;
}

function refuse({ program }: JobOrigin, detail: string, taken: readonly number[]): never {
  throw new GantryError('HTOOLS_JOB_REFUSED', { program, detail, taken: taken.length > 0 ? taken.join(', ') : 'none' });
}
