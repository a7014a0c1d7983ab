import type { Job } from './opcode.ts';

/** Where a master takes jobs. */
export interface JobQueue {
  /** @returns for each job its number, or why it was not taken @throws when the master cannot be reached */
  submit(jobs: readonly Job[]): Promise<(number | string)[]>;
  /** Status of each; undefined for one that the master does not know any more. @throws as above */
  states(jobs: readonly number[]): Promise<(string | undefined)[]>;
  /** What the master tells of each that did not succeed. @throws as above */
  causes(jobs: readonly number[]): Promise<string[]>;
}
