import type { OutputMode } from '../command/command.ts';
import { plainProgress } from './plain-progress.ts';
import { type ProgressView, silentProgress } from './progress-view.ts';
import { terminalProgress } from './terminal-progress.ts';

/** In place on a terminal, plain lines elsewhere, nothing when a program reads; always on standard error. */
export function chooseProgressView(output: OutputMode, label: string): ProgressView {
  if (output === 'json') return silentProgress;
  return process.stderr.isTTY && process.env['TERM'] !== 'dumb'
    ? terminalProgress(process.stderr, label)
    : plainProgress(process.stderr, label);
}
