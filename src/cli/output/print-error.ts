import { inspect } from 'node:util';
import { GantryError } from '../../base/index.ts';
import type { OutputMode } from '../command/command.ts';
import { type Report, ReportedError } from '../connect/reported-error.ts';
import { harmless, paint, printNote } from './print.ts';

/** An error for a person (what, why, what to do) or, as JSON, for a program; always on standard error. */
export function printError(thrown: unknown, output: OutputMode, suggestions: readonly string[] = []): void {
  const report = reportOf(thrown);
  if (output === 'json') {
    printNote(JSON.stringify({ error: { ...report, ...(suggestions.length > 0 ? { suggestions } : {}) } }));
    return;
  }
  const bold = (text: string) => paint('bold', text, process.stderr);
  const lines = [`${paint(['red', 'bold'], 'Error', process.stderr)} ${bold(report.code)}: ${report.what}`];
  if (report.why) lines.push(`  why:  ${report.why}`);
  if (suggestions.length > 0) lines.push(`  did you mean:  ${suggestions.join(', ')}`);
  if (report.todo) lines.push(`  what to do:  ${report.todo}`);
  if (process.env['GANTRY_DEBUG'] && thrown instanceof Error) lines.push(inspect(thrown));
  printNote(harmless(lines.join('\n')));
}

export function reportOf(thrown: unknown): Report {
  return thrown instanceof ReportedError ? thrown.report : GantryError.from(thrown).toReport();
}
