import type { Job } from './opcode.ts';

/** What became of a job: it was taken, was refused, or may have been taken, for no answer came that makes sense. */
export type JobAnswer = { readonly taken: number } | { readonly refused: string } | { readonly lost: string };

/** Where a master takes jobs: over the wire, or the queue of this process. */
export interface JobPort {
  /** @returns answers in the order of the jobs; none to those that were not sent @throws when none was sent */
  submit(jobs: readonly Job[]): Promise<JobAnswer[]>;
  /** Status of each; undefined for one that the master does not know any more. @throws as above */
  states(jobs: readonly number[]): Promise<(string | undefined)[]>;
  /** What the master tells of each that did not succeed. @throws as above */
  causes(jobs: readonly number[]): Promise<string[]>;
  /** Cancels a job if this is still possible. @throws as above */
  cancel(job: number): Promise<void>;
  /** Resolves when the states of jobs may have changed, or after so many milliseconds; default: only after them. */
  untilChange?(jobs: readonly number[], ms: number): Promise<void>;
}
