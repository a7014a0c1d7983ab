import { type ErrorCode, errorCatalogue, type GanetiErrorCode, type Json, type JsonObject } from '../../base/index.ts';

/** The texts of an error as the cluster sent them. Its code may be newer than this program's catalogue. */
export interface Report {
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
  readonly facts: JsonObject;
}

/** An error that the cluster reported, kept in the cluster's own words. */
export class ReportedError extends Error {
  readonly report: Report;
  /** HTTP status of the answer; undefined when the error is a job's. */
  readonly status: number | undefined;
  /** Ganeti's classification, when it came along. */
  readonly ganeti: GanetiErrorCode | undefined;

  constructor(report: Report, origin: { readonly status?: number; readonly ganeti?: GanetiErrorCode }) {
    super(report.what);
    this.name = 'ReportedError';
    this.report = report;
    this.status = origin.status;
    this.ganeti = origin.ganeti ?? (report.code in errorCatalogue ? errorCatalogue[report.code as ErrorCode].ganeti : undefined);
  }
}

/** The report in `value`, if it is one; texts that are missing become empty. */
export function asReport(value: unknown): Report | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { code, what, why, todo, facts } = value as Record<string, Json>;
  if (typeof code !== 'string' || typeof what !== 'string') return undefined;
  const text = (part: Json | undefined) => (typeof part === 'string' ? part : '');
  const factsObject = typeof facts === 'object' && facts !== null && !Array.isArray(facts) ? (facts as JsonObject) : {};
  return { code, what, why: text(why), todo: text(todo), facts: factsObject };
}

/** The error in the body of a refused request: Gantry's own form, or Ganeti's `{code, message, explain}`. */
export function errorFromReply(status: number, body: unknown): ReportedError {
  const { error, message, explain } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const own = asReport(error);
  if (own) return new ReportedError(own, { status });
  const why = typeof explain === 'string' ? explain : 'The cluster did not say why.';
  return new ReportedError(
    {
      code: `HTTP_${status}`,
      what: typeof message === 'string' ? message : `The cluster answered with status ${status}.`,
      why,
      todo: todoByStatus[status] ?? 'Check the log of the master.',
      facts: {},
    },
    { status },
  );
}

const todoByStatus: Record<number, string> = {
  400: 'Correct the request; nothing was changed.',
  401: 'Check the user name and the password in the credentials file.',
  403: 'Ask for the right to do this, or use other credentials.',
  404: 'Check the name.',
  503: 'Try again in a moment.',
};
