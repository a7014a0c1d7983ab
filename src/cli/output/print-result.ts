import { GantryError } from '../../base/index.ts';
import type { OutputMode } from '../command/command.ts';
import { type JobReply, jobError } from '../connect/job-reply.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatPlain } from './format-values.ts';
import { paint, printJson, printLine } from './print.ts';
import { type Details, printDetails } from './print-details.ts';

/**
 * The exit code of a job that ended well.
 * @throws the job's own error when it failed, CLI_JOB_CANCELED
 */
export function requireSuccess(job: JobReply): number {
  if (job.status === 'canceled') throw new GantryError('CLI_JOB_CANCELED', { job: job.id });
  if (job.status !== 'success') throw jobError(job);
  const [result] = job.opresult;
  return (isVerification(result) && !result.ok) || stayingIn(result).length > 0 ? exitCodes.failed : exitCodes.ok;
}

/** Of the dry run of an evacuation: what would stay. */
function stayingIn(result: unknown): readonly { readonly instance: string; readonly reason: string }[] {
  const { stays } = (typeof result === 'object' && result !== null ? result : {}) as { stays?: unknown };
  return Array.isArray(stays) ? stays : [];
}

/** Prints what a job that ended well has as its result, and returns the exit code. @throws as `requireSuccess` */
export function printResult(job: JobReply, output: OutputMode, dryRun = false): number {
  const code = requireSuccess(job);
  const [result] = job.opresult;
  if (output === 'json') {
    printJson({ job_id: job.id, status: job.status, dry_run: dryRun, result: result ?? null });
    return code;
  }
  // Its plan was told in the job's log; in full it is for programs.
  if (dryRun) printDryRun(result);
  else if (isVerification(result)) printProblems(result);
  else printForPeople(job, result);
  return code;
}

function printDryRun(result: unknown): void {
  printLine('Dry run: nothing was changed.');
  const stays = stayingIn(result);
  if (stays.length > 0) printLine(`${counted(stays.length, 'instance')} would stay:`);
  for (const { instance, reason } of stays) printLine(`  ${formatPlain(instance)}: ${formatPlain(reason)}`);
}

interface Verification {
  readonly ok: boolean;
  readonly problems: readonly {
    readonly code: string;
    readonly subject: string;
    readonly text: string;
    readonly todo: string;
    readonly severity: string;
  }[];
}

function isVerification(result: unknown): result is Verification {
  return typeof result === 'object' && result !== null && 'ok' in result && Array.isArray((result as Verification).problems);
}

function printProblems({ problems }: Verification): void {
  if (problems.length === 0) return printLine('No problems found.');
  for (const { code, subject, text, todo, severity } of problems) {
    printLine(
      `${paint(severity === 'warning' ? 'yellow' : 'red', formatPlain(code))} ${paint('bold', formatPlain(subject))}: ${formatPlain(text)}`,
    );
    if (todo) printLine(`  what to do: ${formatPlain(todo)}`);
  }
  const warnings = problems.filter(({ severity }) => severity === 'warning').length;
  printLine(`${counted(problems.length - warnings, 'error')}, ${counted(warnings, 'warning')}.`);
}

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;

const unitTitles: Readonly<Record<string, [title: string, format: (value: number) => string]>> = {
  downtime_ms: ['downtime', (value) => `${Math.round(value)} ms`],
  total_ms: ['total time', (value) => `${(value / 1000).toFixed(1)} s`],
  ram_mib: ['memory copied', (value) => `${Math.round(value)} MiB`],
};

/** Sentences for results that would say little by themselves. */
const sentences: Readonly<Record<string, (op: Readonly<Record<string, unknown>>, result: unknown) => string>> = {
  OP_NODE_EVACUATE: (op, result) => {
    const { jobs } = result as { jobs: readonly (readonly [boolean, unknown])[] };
    const node = formatPlain(op['node_name']);
    if (jobs.length === 0) return `Nothing has to leave ${node}.`;
    const stays = jobs.filter(([submitted]) => !submitted).map(([, reason]) => `\n  ${formatPlain(reason)}`);
    const goes = `${counted(jobs.length - stays.length, 'instance')} will leave ${node}.`;
    return stays.length === 0 ? goes : `${goes} ${counted(stays.length, 'instance')} cannot:${stays.join('')}`;
  },
  OP_INSTANCE_CREATE: (op, result) => `${formatPlain(op['instance_name'])} is on ${formatPlain(result)}.`,
};

function printForPeople(job: JobReply, result: unknown): void {
  if (result === null || result === undefined) return;
  const [op = {}] = job.ops;
  const sentence = sentences[String(op['OP_ID'])];
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
