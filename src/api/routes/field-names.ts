import { GantryError } from '../../base/index.ts';

/** More than any kind has fields, and more repetitions than a table needs: each costs work for every row. */
const mostNames = 1000;
const mostRepeated = 20;

/** The names of fields that a client asks for. @throws API_REQUEST_INVALID */
export function fieldNames(value: unknown, problem: string): string[] {
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) throw new GantryError('API_REQUEST_INVALID', { problem });
  if (value.length > mostNames || value.length - new Set(value).size > mostRepeated) {
    const limits = `at most ${mostNames} fields, of which at most ${mostRepeated} are named again`;
    throw new GantryError('API_REQUEST_INVALID', { problem: `${value.length} fields are too many: ${limits}` });
  }
  return value;
}
