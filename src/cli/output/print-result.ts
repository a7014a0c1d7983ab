import { GantryError } from '../../base/index.ts';
import type { OutputMode } from '../command/command.ts';
import { type JobReply, jobError } from '../connect/job-reply.ts';
import { exitCodes } from '../exit-codes.ts';
import type { OpcodeExtras } from '../opcodes/define-extras.ts';
import { opcodeExtras } from '../opcodes/opcode-extras.ts';
import { formatPlain } from './format-values.ts';
import { printJson, printLine } from './print.ts';
import { type Details, printDetails } from './print-details.ts';

/**
 * The exit code of a job that ended well.
 * @throws the job's own error when it failed, CLI_JOB_CANCELED
 */
export function requireSuccess(job: JobReply): number {
  if (job.status === 'canceled') throw new GantryError('CLI_JOB_CANCELED', { job: job.id });
  if (job.status !== 'success') throw jobError(job);
  const [result] = job.opresult;
  return hasContent(result) && extrasOf(job).isBad?.(result) ? exitCodes.failed : exitCodes.ok;
}

const extrasOf = (job: JobReply): OpcodeExtras => opcodeExtras[String(job.ops[0]?.['OP_ID'])] ?? {};

/** Prints what a job that ended well has as its result, and returns the exit code. @throws as `requireSuccess` */
export function printResult(job: JobReply, output: OutputMode, dryRun = false): number {
  const code = requireSuccess(job);
  const [result] = job.opresult;
  if (output === 'json') {
    printJson({ job_id: job.id, status: job.status, dry_run: dryRun, result: result ?? null });
    return code;
  }
  const { print, printDryRun } = extrasOf(job);
  if (dryRun) {
    // Its plan was told in the job's log; in full it is for programs.
    printLine('Dry run: nothing was changed.');
    if (hasContent(result)) printDryRun?.(result);
  } else if (print && hasContent(result)) print(result);
  else printForPeople(job, result);
  return code;
}

const unitTitles: Readonly<Record<string, [title: string, format: (value: number) => string]>> = {
  downtime_ms: ['downtime', (value) => `${Math.round(value)} ms`],
  total_ms: ['total time', (value) => `${(value / 1000).toFixed(1)} s`],
  ram_mib: ['memory copied', (value) => `${Math.round(value)} MiB`],
};

const hasContent = (result: unknown) => result !== null && result !== undefined;

function printForPeople(job: JobReply, result: unknown): void {
  if (!hasContent(result)) return;
  const [op = {}] = job.ops;
  const { sentence } = extrasOf(job);
  if (sentence) return printLine(sentence(op, result));
  if (typeof result !== 'object') return printLine(formatPlain(result));
  if (!Array.isArray(result)) {
    const details = Object.entries(result).map(([key, value]): Details[number] => {
      const unit = unitTitles[key];
      return unit && typeof value === 'number' ? [unit[0], unit[1](value)] : [key, value];
    });
    return printDetails(details);
  }
  for (const part of result) {
    if (Array.isArray(part) && part.length === 2) printLine(`${formatPlain(part[0])}: ${formatPlain(part[1])}`);
    else printLine(formatPlain(part));
  }
}
