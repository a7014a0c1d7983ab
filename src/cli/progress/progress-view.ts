import type { OutputMode } from '../command/command.ts';
import type { JobUpdate } from '../connect/cluster-client.ts';
import type { JobReply, LogLine } from '../connect/job-reply.ts';
import { plainProgress } from './plain-progress.ts';
import { terminalProgress } from './terminal-progress.ts';

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

/** In place on a terminal, plain lines elsewhere, nothing when a program reads; always on standard error. */
export function chooseProgressView(output: OutputMode, label: string): ProgressView {
  if (output === 'json') return silentProgress;
  return process.stderr.isTTY && process.env['TERM'] !== 'dumb'
    ? terminalProgress(process.stderr, label)
    : plainProgress(process.stderr, label);
}

const nothing = () => {};

export const silentProgress: ProgressView = { begin: nothing, log: nothing, update: nothing, note: nothing, end: nothing, close: nothing };
