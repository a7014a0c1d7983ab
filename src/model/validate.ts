import type { Static, TSchema } from 'typebox';
import type { Compile } from 'typebox/compile';
import { closestName, GantryError } from '../base/index.ts';
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
  const first = mostTelling([...typeboxValue().Errors(schema as TSchema, value)]);
  const at = (first?.instancePath ?? '').replace(/^\//, '').replaceAll('/', '.');
  const named = missingOrExtra(first?.params);
  const field = [at, named].filter(Boolean).join('.') || '(whole)';
  throw new GantryError('INPUT_INVALID', { subject, field, problem: problemOf(schema, first, field) });
}

/** The first; of a field that is missing where another one is not known, the latter: it was probably meant. */
function mostTelling<F extends Fault & { readonly instancePath: string }>(faults: readonly F[]): F | undefined {
  const [first] = faults;
  if (first?.keyword !== 'required') return first;
  return faults.find(({ keyword, instancePath }) => keyword === 'additionalProperties' && instancePath === first.instancePath) ?? first;
}

interface Fault {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly params: unknown;
  readonly message: string;
}

/** Longer patterns are not shown to people when the schema describes the form in words. */
const readablePattern = 40;
const listedFields = 24;

function problemOf(schema: TSchema, fault: Fault | undefined, field: string): string {
  if (!fault) return 'does not fit the schema';
  const { keyword, schemaPath, message } = fault;
  const { pattern, allowedValues } = fault.params as { pattern?: string; allowedValues?: readonly unknown[] };
  if (keyword === 'additionalProperties' || keyword === 'boolean') {
    const known = Object.keys(subschema(schema, schemaPath.replace(/\/additionalProperties$/, ''))?.properties ?? {});
    const close = closestName(field.slice(field.lastIndexOf('.') + 1), known);
    const unknown = close === undefined ? 'is not known here' : `is not known here; did you mean "${close}"?`;
    if (known.length === 0 || known.length > listedFields) return unknown;
    return `${unknown}${close === undefined ? '; known' : ' Known'}: ${known.join(', ')}`;
  }
  if (keyword === 'required') return 'is missing';
  if (keyword === 'enum' && allowedValues) return `must be one of ${allowedValues.join(', ')}`;
  if (pattern === undefined) return message;
  const description = subschema(schema, schemaPath)?.description;
  if (description === undefined) return message;
  const form = `does not have the required form: ${description}`;
  return pattern.length > readablePattern ? form : `${form} (${pattern})`;
}

/** The part of a schema at a JSON pointer such as `#/properties/name`. */
function subschema(schema: TSchema, pointer: string): { properties?: object; description?: string } | undefined {
  let part: unknown = schema;
  for (const key of pointer.replace(/^#\/?/, '').split('/').filter(Boolean))
    part = (part as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')];
  return part as { properties?: object; description?: string } | undefined;
}

/** For "required" and "additionalProperties" the path names the parent; the property itself is in the parameters. */
function missingOrExtra(params: unknown): string {
  const { requiredProperties, additionalProperties } = (params ?? {}) as { requiredProperties?: string[]; additionalProperties?: string[] };
  return requiredProperties?.[0] ?? additionalProperties?.[0] ?? '';
}
