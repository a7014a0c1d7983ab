import type { Static, TSchema } from 'typebox';
import type { Compile } from 'typebox/compile';
import { GantryError } from '../base/index.ts';
import { typeboxCompile, typeboxValue } from './load-typebox.ts';

type Check = ReturnType<typeof Compile>;

const compiled = new WeakMap<TSchema, Check>();

/**
 * Checks a value against a schema and returns it with its type.
 * @throws INPUT_INVALID naming the first offending field
 */
export function validate<T extends TSchema>(schema: T, value: unknown, subject: string): Static<T> {
  let check = compiled.get(schema);
  if (!check) {
    check = typeboxCompile().Compile(schema as TSchema);
    compiled.set(schema, check);
  }
  if (check.Check(value)) return value as Static<T>;
  const [first] = typeboxValue().Errors(schema as TSchema, value);
  const at = (first?.instancePath ?? '').replace(/^\//, '').replaceAll('/', '.');
  const named = missingOrExtra(first?.params);
  const field = [at, named].filter(Boolean).join('.') || '(whole)';
  throw new GantryError('INPUT_INVALID', { subject, field, problem: problemOf(first?.keyword, first?.message) });
}

function problemOf(keyword = '', message = 'does not fit the schema'): string {
  if (keyword === 'additionalProperties' || keyword === 'boolean') return 'is not known here';
  return keyword === 'required' ? 'is missing' : message;
}

/** For "required" and "additionalProperties" the path names the parent; the property itself is in the parameters. */
function missingOrExtra(params: unknown): string {
  if (typeof params !== 'object' || params === null) return '';
  const { requiredProperties, additionalProperties } = params as { requiredProperties?: string[]; additionalProperties?: string[] };
  return requiredProperties?.[0] ?? additionalProperties?.[0] ?? '';
}
