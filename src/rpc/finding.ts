import { type ErrorCode, GantryError, type JsonObject } from '../base/index.ts';
import type { VerifyProblem } from './contract.ts';

/**
 * Something that `cluster verify` found, in the words of the error catalogue.
 * @param subject what it is about, with its kind: `instance web1`
 */
export function finding(code: ErrorCode, subject: string, facts: JsonObject): VerifyProblem {
  const error = new GantryError(code, facts);
  const { warning = false, ganeti: ganeti_code } = error.definition.finding ?? {};
  const { what, todo } = error.toReport();
  return { code, subject, text: what, todo, severity: warning ? 'warning' : 'error', ...(ganeti_code && { ganeti_code }) };
}
