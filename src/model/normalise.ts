import type { TSchema } from 'typebox';
import { parseMebibytes } from '../base/index.ts';
import { typeboxValue } from './load-typebox.ts';

/** The parts of JSON Schema that opcodes use. */
interface Shape {
  readonly type?: string;
  readonly format?: string;
  readonly anyOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape | readonly Shape[];
}

type Values = Readonly<Record<string, unknown>>;

/** Formats whose values may be written in several ways; `normalise` brings them into one. */
export const formats = {
  /** MiB; text may have a suffix: `512`, `512M`, `1.5G`. */
  mebibytes: 'mebibytes',
  /** Hexadecimal digits in pairs, lower case. */
  hexPairs: 'hex-pairs',
} as const;

const isValues = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNull = ({ type }: Shape) => type === 'null';
const takesNull = (shape: Shape): boolean => isNull(shape) || (shape.anyOf?.some(takesNull) ?? false);

/**
 * The parameters of an opcode as their schema has them, from all the forms in which Ganeti takes them. It comes before
 * validation and refuses nothing.
 *
 * - Null stands for an absent value wherever a value may be absent.
 * - Within the parameters of an object (beparams, hvparams, disks, …) numbers and booleans may be text, and sizes may have
 *   suffixes. The parameters of the opcode itself are strict.
 * - Digits of MAC addresses may be capitals.
 */
export function normaliseOpcode(schema: TSchema, op: Values): Record<string, unknown> {
  return walkObject(schema as Shape, op, false);
}

/** The same for the parameters of an object as set at one level, e.g. hvparams: each may be absent. */
export function normaliseParams(schema: TSchema, params: Values): Record<string, unknown> {
  return walkObject({ ...(schema as Shape), required: [] }, params, true);
}

function walk(shape: Shape, value: unknown, isWithin: boolean): unknown {
  if (shape.anyOf) return walkUnion(shape.anyOf, value, isWithin);
  if (isValues(value)) return shape.properties || shape.patternProperties ? walkObject(shape, value, true) : value;
  if (Array.isArray(value)) return value.map((one, index) => walk(elementOf(shape, index), one, isWithin));
  if (shape.format === formats.hexPairs && typeof value === 'string') return value.toLowerCase();
  return isWithin ? scalar(shape, value) : value;
}

function elementOf({ items }: Shape, index: number): Shape {
  return (Array.isArray(items) ? items[index] : (items as Shape | undefined)) ?? {};
}

/** The first alternative that takes the value, in a form that it may be brought into. */
function walkUnion(alternatives: readonly Shape[], value: unknown, isWithin: boolean): unknown {
  const possible = alternatives.filter((shape) => !isNull(shape));
  if (possible.length === 1) return walk(possible[0] as Shape, value, isWithin);
  for (const shape of possible) {
    const walked = walk(shape, value, isWithin);
    if (typeboxValue().Check(shape as TSchema, walked)) return walked;
  }
  return value;
}

function walkObject(shape: Shape, values: Values, isWithin: boolean): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  const [others] = Object.values(shape.patternProperties ?? {});
  for (const [name, value] of Object.entries(values)) {
    const own = shape.properties && Object.hasOwn(shape.properties, name) ? shape.properties[name] : undefined;
    const member = own ?? others;
    const mayBeAbsent = member !== undefined && !shape.required?.includes(name);
    if (value === null && mayBeAbsent && !takesNull(member)) continue;
    result[name] = member ? walk(member, value, isWithin) : value;
  }
  return result;
}

/** Text, 0 and 1 as what they stand for; anything else stays, and is for the validation to refuse. */
function scalar({ type, format }: Shape, value: unknown): unknown {
  if (type === 'boolean') return asBoolean(value);
  if (type === 'string') return value === false ? '' : value;
  if ((type !== 'integer' && type !== 'number') || typeof value !== 'string') return value;
  if (format === formats.mebibytes) return asMebibytes(value);
  const text = value.trim();
  return (type === 'integer' ? /^[+-]?\d{1,15}$/ : /^[+-]?\d{1,15}(\.\d{1,15})?$/).test(text) ? Number(text) : value;
}

function asBoolean(value: unknown): unknown {
  if (value === 0 || value === 1) return value === 1;
  const text = typeof value === 'string' ? value.toLowerCase() : undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  return text === '' ? false : value;
}

function asMebibytes(text: string): unknown {
  try {
    return parseMebibytes(text);
  } catch {
    return text;
  }
}
