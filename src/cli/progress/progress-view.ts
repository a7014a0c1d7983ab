import type { JobUpdate } from '../connect/cluster-client.ts';
import type { JobReply, LogLine } from '../connect/job-reply.ts';

/** Shows a job that is being followed. */
export interface ProgressView {
  begin(id: number): void;
  log(line: LogLine): void;
  update(update: JobUpdate): void;
  /** Something about the following itself, such as a lost connection. */
  note(text: string): void;
  end(job: JobReply): void;
  /** Leaves the terminal as it was; may be called twice. */
  close(): void;
}

const nothing = () => {};

export const silentProgress: ProgressView = { begin: nothing, log: nothing, update: nothing, note: nothing, end: nothing, close: nothing };
