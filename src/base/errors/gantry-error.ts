import type { JsonObject } from '../json.ts';
import { boundedFacts, cleanFacts } from './clean-facts.ts';
import type { ErrorDefinition, GanetiErrorCode } from './define-errors.ts';
import { type ErrorCode, errorCatalogue } from './error-catalogue.ts';

/** What the kernel says when there is no room: of the file system, or of the user there. */
const fullCodes: readonly string[] = ['ENOSPC', 'EDQUOT'];

/** An error as it crosses a process boundary and as `--output json` prints it. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
  readonly facts: JsonObject;
}

/**
 * The only error that Gantry throws on purpose. Its texts come from the catalogue; `facts`
 * fill the placeholders and travel along for programs. Internal detail belongs into `cause`,
 * which is logged and never sent.
 *
 * @example
 * throw new GantryError('INSTANCE_UNKNOWN', { name: 'web1' });
 */
export class GantryError extends Error {
  readonly code: ErrorCode;
  readonly facts: JsonObject;

  /** @param given may come from anywhere: what could steer a terminal is shown as an escape, in the facts and in the texts */
  constructor(code: ErrorCode, given: JsonObject = {}, options?: { cause?: unknown }) {
    const facts = cleanFacts(given);
    super(fill(errorCatalogue[code].what, facts), options);
    this.name = 'GantryError';
    this.code = code;
    this.facts = facts;
  }

  get definition(): ErrorDefinition {
    return errorCatalogue[this.code];
  }

  get ganeti(): GanetiErrorCode {
    return this.definition.ganeti;
  }

  toReport(): ErrorReport {
    const { why, todo } = this.definition;
    return { code: this.code, what: this.message, why: fill(why, this.facts), todo: fill(todo, this.facts), facts: this.facts };
  }

  /** Rebuilds an error that another Gantry process reported. */
  static fromReport(report: Pick<ErrorReport, 'code' | 'facts'> & { what?: string }): GantryError {
    if (!Object.hasOwn(errorCatalogue, report.code)) {
      return new GantryError('INTERNAL', boundedFacts({ detail: `${String(report.code)}: ${report.what ?? 'no text'}` }));
    }
    return new GantryError(report.code, boundedFacts(report.facts));
  }

  /** Anything thrown, as a `GantryError`; what is neither one of ours nor a full disk is a bug and becomes `INTERNAL`. */
  static from(thrown: unknown): GantryError {
    if (thrown instanceof GantryError) return thrown;
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    const isFull = fullCodes.includes((thrown as { code?: unknown } | null | undefined)?.code as string);
    if (isFull) return new GantryError('DISK_FULL', { detail }, { cause: thrown });
    return new GantryError('INTERNAL', { detail }, { cause: thrown });
  }
}

function fill(text: string, facts: JsonObject): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const fact = facts[name];
    if (fact === undefined) return whole;
    return typeof fact === 'string' ? fact : JSON.stringify(fact);
  });
}
