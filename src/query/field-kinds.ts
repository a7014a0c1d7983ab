import { type TSchema, Type } from 'typebox';

/** Ganeti's kinds of fields. */
export const fieldKinds = ['unknown', 'text', 'bool', 'number', 'float', 'unit', 'timestamp', 'other'] as const;
export type FieldKind = (typeof fieldKinds)[number];

/** A kind with the values of a field, where the kind alone does not tell them. */
export interface TypedKind {
  readonly kind: FieldKind;
  readonly schema: TSchema;
}

const byKind: Record<FieldKind, () => TSchema> = {
  unknown: Type.Unknown,
  text: Type.String,
  bool: Type.Boolean,
  number: Type.Integer,
  float: Type.Number,
  unit: Type.Integer,
  timestamp: Type.Number,
  other: Type.Unknown,
};

export const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const valueOf = (kind: FieldKind): TSchema => byKind[kind]();

/** What a field has by its kind: null as well, where there is no value. */
export function typedKind(kind: FieldKind | TypedKind): TypedKind {
  if (typeof kind !== 'string') return kind;
  return { kind, schema: kind === 'other' || kind === 'unknown' ? valueOf(kind) : nullable(valueOf(kind)) };
}

/** A field that every object has a value for. */
export const always = (kind: FieldKind, schema = valueOf(kind)): TypedKind => ({ kind, schema });
/** A field of the kind `other` with these values. */
export const other = (schema: TSchema): TypedKind => ({ kind: 'other', schema });
/** A field of the kind `other` with a list. */
export const listOf = (schema: TSchema): TypedKind => other(Type.Array(schema));

export const textOrNull = nullable(Type.String());
export const names = listOf(Type.String());
export const namesOrNull = listOf(textOrNull);
/** Parameters by their names, where no schema of ours knows them all. */
export const Parameters = Type.Object({}, { additionalProperties: true });
