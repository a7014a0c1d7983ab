import { GantryError, type Json, type JsonObject, parseMebibytes } from '../../base/index.ts';

/** The little of JSON Schema that decides how a text becomes a value. */
export interface ValueSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  /** Values of keys that are not named. */
  readonly patternProperties?: Readonly<Record<string, ValueSchema>>;
  readonly anyOf?: readonly ValueSchema[];
  readonly items?: ValueSchema;
}

const truths: ReadonlyMap<string, boolean> = new Map([
  ...['yes', 'true', 'on'].map((word) => [word, true] as const),
  ...['no', 'false', 'off'].map((word) => [word, false] as const),
]);

/** A text as the schema wants it: number, size in MiB, yes or no, list, or the text itself. @throws INPUT_INVALID */
export function parseScalar(text: string, schema: ValueSchema, field: string): Json {
  const { type, description = '' } = concrete(schema);
  if (type === 'boolean') {
    const value = truths.get(text.toLowerCase());
    if (value === undefined) throw invalid(field, `"${text}" is neither "yes" nor "no"`);
    return value;
  }
  if (type === 'integer' && /\bMiB$/.test(description)) return parseMebibytes(text, field);
  if (type === 'integer' || type === 'number') {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) throw invalid(field, `"${text}" is not a number`);
    return value;
  }
  if (type === 'array') return parseList(text);
  return text;
}

/** `a,b,c`; `none` and the empty text are the empty list. */
export function parseList(text: string): string[] {
  return text === 'none' ? [] : text.split(',').filter(Boolean);
}

/**
 * `maxmem=2G,vcpus=2`, each value by its own schema. As in Ganeti, a bare `acpi` means yes, `no_acpi` means no, and a comma
 * in a value is written `\,`. @throws INPUT_INVALID
 */
export function parseKeyValues(text: string, schema: ValueSchema, field: string): JsonObject {
  const { properties, patternProperties } = concrete(schema);
  const [others] = Object.values(patternProperties ?? {});
  const result: Record<string, Json> = {};
  for (const part of splitCommas(text)) {
    const cut = part.indexOf('=');
    const negated = cut < 0 && part.startsWith('no_');
    const key = cut < 0 ? part.slice(negated ? 3 : 0) : part.slice(0, cut).trim();
    if (!key) throw invalid(field, `"${part}" is not of the form key=value`);
    const known = properties?.[key] ?? (others?.type === 'string' ? others : undefined);
    if (cut < 0) result[key] = !negated;
    else if (known) result[key] = parseScalar(part.slice(cut + 1), known, `${field}.${key}`);
    else result[key] = guess(part.slice(cut + 1));
  }
  return result;
}

/** Values without a schema: yes and no, whole numbers, else text. */
function guess(text: string): Json {
  return truths.get(text.toLowerCase()) ?? (/^-?\d{1,15}$/.test(text) ? Number(text) : text);
}

/** `10G`, or `size=10G,mode=ro`, or with its number before: `0:size=10G`. */
export function parseDisks(texts: readonly string[], schema: ValueSchema, field: string): Json[] {
  return numbered(texts, field, (body, name) => {
    if (!body.includes('=')) return { size: parseMebibytes(body, `${name}.size`) };
    const disk = parseKeyValues(body, withSizes(concrete(schema).items ?? {}), name);
    if (disk['size'] === undefined) throw invalid(`${name}.size`, 'is missing');
    return disk;
  });
}

/** `ip=10.0.0.5,link=br0`, or with its number before: `0:ip=10.0.0.5`; a bare `0` is a NIC with the defaults. */
export function parseNics(texts: readonly string[], schema: ValueSchema, field: string): Json[] {
  return numbered(texts, field, (body, name) => {
    const nic = body === '' ? {} : parseKeyValues(body, concrete(schema).items ?? {}, name);
    // "none" is how Ganeti's tools say: no address, no network.
    return Object.fromEntries(Object.entries(nic).map(([key, value]) => [key, value === 'none' ? null : value]));
  });
}

function numbered(texts: readonly string[], field: string, parse: (body: string, name: string) => JsonObject): Json[] {
  const result: Json[] = [];
  for (const text of texts) {
    const match = /^(\d+)(?::(.*))?$/s.exec(text);
    const hasNumber = match !== null && (match[2] !== undefined || field === 'nics');
    const index = hasNumber ? Number(match[1]) : result.length;
    if (index > 15) throw invalid(field, `number ${index} is too high; the highest is 15`);
    if (result[index] !== undefined) throw invalid(field, `number ${index} is given twice`);
    result[index] = parse(hasNumber ? (match[2] ?? '') : text, `${field}.${index}`);
  }
  const hole = Array.from(result).indexOf(undefined as unknown as Json);
  if (hole >= 0) throw invalid(field, `number ${hole} is missing; numbers begin at 0 and have no gaps`);
  return result;
}

/** The size of a disk is in MiB whatever its description says. */
function withSizes(schema: ValueSchema): ValueSchema {
  const { properties = {} } = concrete(schema);
  return { ...schema, properties: { ...properties, size: { type: 'integer', description: 'MiB' } } };
}

/** The first alternative that is not null. */
function concrete(schema: ValueSchema): ValueSchema {
  return schema.anyOf?.map(concrete).find(({ type }) => type !== 'null') ?? schema;
}

export function splitCommas(text: string): string[] {
  return text
    .split(/(?<!\\),/)
    .map((part) => part.replaceAll('\\,', ','))
    .filter(Boolean);
}

function invalid(field: string, problem: string): GantryError {
  return new GantryError('INPUT_INVALID', { subject: 'command line', field, problem });
}
