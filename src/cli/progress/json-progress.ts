import { printLine } from '../output/print.ts';
import { logText } from './plain-progress.ts';
import { type ProgressView, silentProgress } from './progress-view.ts';

/** Progress for programs: one JSON object a line on standard output. */
export const jsonProgress: ProgressView = {
  ...silentProgress,
  log: ([serial, time, type, message]) => printLine(JSON.stringify({ event: 'log', serial, time, type, message: logText(message) })),
  update: ({ id, status, progress, waitingFor }) =>
    printLine(JSON.stringify({ event: 'update', job_id: id, status, progress, waiting_for: waitingFor })),
  end: ({ id, status, opresult }) => printLine(JSON.stringify({ event: 'end', job_id: id, status, result: opresult[0] ?? null })),
};
