import type { Writable } from 'node:stream';
import type { StepReply } from '../connect/cluster-client.ts';
import { secondsOf } from '../connect/job-reply.ts';
import { formatDuration } from '../output/format-values.ts';
import { harmless } from '../output/print.ts';
import type { ProgressView } from './progress-view.ts';

/** Progress as lines, for files and pipes: each state, step and log line once. */
export function plainProgress(stream: Writable, label: string): ProgressView {
  const print = (text: string) => stream.write(`${harmless(text)}\n`);
  let last = '';
  const once = (text: string) => {
    if (text !== last) print(text);
    last = text;
  };
  return {
    begin: (id) => print(`job ${id}: ${label}`),
    log: (line) => print(`  ${logText(line[3])}`),
    update: ({ progress, waitingFor, status }) => {
      if (progress) once(stepText(progress));
      else if (waitingFor.length > 0 && (status === 'waiting' || status === 'queued')) once(`  waits for ${waitingFor.join(', ')}`);
    },
    note: (text) => once(`  ${text}`),
    end: (job) => {
      const took = job.received_ts && job.end_ts ? ` after ${formatDuration(secondsOf(job.end_ts) - secondsOf(job.received_ts))}` : '';
      print(`job ${job.id}: ${job.status}${took}`);
    },
    close: () => {},
  };
}

/** Whether the step is being undone, after it or a later one failed. */
export const isUndo = ({ text }: StepReply): boolean => text === 'undoing';

/** `  [2/7] create disk 0` */
export const stepText = (step: StepReply): string => `  [${step.index}/${step.count}] ${isUndo(step) ? 'undo: ' : ''}${step.step}`;

/** The text of a log entry; some of Ganeti's carry structures. */
export const logText = (message: unknown): string => (typeof message === 'string' ? message : JSON.stringify(message));
