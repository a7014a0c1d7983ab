import type { GanetiErrorCode } from '../../base/index.ts';
import { asReport, type Report, ReportedError } from './reported-error.ts';

/** Seconds and microseconds since 1970. */
export type JobTime = readonly [number, number];
export type LogLine = readonly [serial: number, time: JobTime, type: string, message: unknown];

/** A job as the REST API shows it, with Ganeti's field names. */
export interface JobReply {
  readonly id: number;
  readonly status: string;
  readonly summary: readonly string[];
  readonly ops: readonly Readonly<Record<string, unknown>>[];
  readonly opstatus: readonly string[];
  /** Of an operation that succeeded, in full: Ganeti's form of it leaves some out. */
  readonly opresult: readonly unknown[];
  /** Gantry's own: the error report of each operation that failed, else null. */
  readonly operror: readonly unknown[];
  readonly oplog: readonly (readonly LogLine[])[];
  /** Gantry's own: the finished steps of each operation. */
  readonly opsteps: readonly (readonly { readonly step: string; readonly title?: string; readonly seconds: number }[])[];
  readonly user: string | null;
  /** Gantry's own: the trace of the request that led to it. */
  readonly trace: string | null;
  /** Gantry's own: the job that submitted it, and those that it has submitted. */
  readonly parent: number | null;
  readonly children: readonly number[];
  readonly received_ts: JobTime | null;
  readonly start_ts: JobTime | null;
  readonly end_ts: JobTime | null;
}

export function jobFromReply(value: unknown): JobReply {
  const { opoutcome, ...job } = value as Partial<JobReply> & { id: number; status: string; opoutcome?: readonly unknown[] | null };
  const opresult = (job.opresult ?? []).map((result, index) => opoutcome?.[index] ?? result);
  const { summary = [], ops = [], opstatus = [], operror = [], oplog = [] } = job;
  const opsteps = job.opsteps ?? [];
  const { user = null, trace = null, parent = null, children = [], received_ts = null, start_ts = null, end_ts = null } = job;
  return {
    ...job,
    summary,
    ops,
    opstatus,
    opresult,
    operror,
    oplog,
    opsteps,
    user,
    trace,
    parent,
    children,
    received_ts,
    start_ts,
    end_ts,
  };
}

/** The summary of each operation, for people: a dry run is marked. */
export function shownSummary({ summary, ops }: { readonly summary?: unknown; readonly ops?: unknown }): string[] {
  const isDry = (index: number) => Array.isArray(ops) && (ops[index] as { dry_run?: unknown } | undefined)?.dry_run === true;
  return Array.isArray(summary) ? summary.map((text, index) => `${String(text)}${isDry(index) ? ' (dry run)' : ''}`) : [];
}

const finalStatuses = new Set(['success', 'error', 'canceled']);

export const isFinal = (job: { readonly status: string }): boolean => finalStatuses.has(job.status);

export const secondsOf = (time: JobTime): number => time[0] + time[1] / 1e6;

/**
 * Why a job failed: the report of its first failed operation, or, from a cluster that has none, what that operation left as
 * its result (Ganeti: `[class, [text, classification]]`).
 */
export function jobError(job: JobReply): ReportedError {
  const failed = job.opstatus.indexOf('error');
  const result = job.opresult[failed];
  const report = asReport(job.operror[failed]) ?? ganetiReport(job.id, result);
  const ganeti = classification(result);
  return new ReportedError({ ...report, facts: { ...report.facts, job: job.id } }, ganeti ? { ganeti } : {});
}

function ganetiReport(id: number, result: unknown): Report {
  const texts = (Array.isArray(result) ? result.flat(3) : [result]).filter((part) => typeof part === 'string');
  const text = texts[1] ?? texts[0] ?? 'no reason was recorded';
  return {
    code: 'CLI_JOB_FAILED',
    what: `Job ${id} failed: ${text}`,
    why: 'An operation of the job reported this; what it had done was undone.',
    todo: `Run "gantry job info ${id}" for its log and its steps.`,
    facts: { reason: text },
  };
}

const classifications = new Set([
  'resolver_error',
  'insufficient_resources',
  'temp_insufficient_resources',
  'wrong_input',
  'wrong_state',
  'unknown_entity',
  'already_exists',
  'resource_not_unique',
  'internal_error',
  'environment_error',
]);

function classification(result: unknown): GanetiErrorCode | undefined {
  const words = Array.isArray(result) ? result.flat(3) : [];
  return words.find((word): word is GanetiErrorCode => typeof word === 'string' && classifications.has(word));
}
