import { inspect } from 'node:util';
import { GantryError } from '../../base/index.ts';
import type { OutputMode } from '../command/command.ts';
import { type Report, ReportedError } from '../connect/reported-error.ts';
import { harmless, paint, printNote } from './print.ts';

/** An error for a person (what, why, what to do) or, as JSON, for a program; always on standard error. */
export function printError(thrown: unknown, output: OutputMode, found: readonly string[] = []): void {
  const report = reportOf(thrown);
  const { did_you_mean: told } = report.facts;
  const suggestions = found.length === 0 && typeof told === 'string' ? [told] : found;
  if (output === 'json') {
    printNote(JSON.stringify({ error: { ...report, ...(suggestions.length > 0 ? { suggestions } : {}) } }));
    return;
  }
  // Sanitised before it is painted: what comes from elsewhere must not steer the terminal, our own colours must.
  const bold = (text: string) => paint('bold', harmless(text), process.stderr);
  const lines = [`${paint(['red', 'bold'], 'Error', process.stderr)} ${bold(report.code)}: ${harmless(report.what)}`];
  if (report.why) lines.push(`  why:  ${harmless(report.why)}`);
  if (suggestions.length > 0) lines.push(`  did you mean:  ${harmless(suggestions.join(', '))}`);
  if (report.todo) lines.push(`  what to do:  ${harmless(report.todo)}`);
  if (process.env['GANTRY_DEBUG'] && thrown instanceof Error) lines.push(harmless(inspect(thrown)));
  printNote(lines.join('\n'));
}

export function reportOf(thrown: unknown): Report {
  return thrown instanceof ReportedError ? thrown.report : GantryError.from(thrown).toReport();
}
