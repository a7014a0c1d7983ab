import { type Static, type TArray, type TNull, type TSchema, type TUnion, Type } from 'typebox';
import type { knownNull, offline } from './cell.ts';

/** Ganeti's kinds of fields. */
export const fieldKinds = ['unknown', 'text', 'bool', 'number', 'float', 'unit', 'timestamp', 'other'] as const;
export type FieldKind = (typeof fieldKinds)[number];

/** A kind with the schema of the values, where the kind alone does not tell them. */
export interface ValueType<S extends TSchema = TSchema> {
  readonly kind: FieldKind;
  readonly schema: S;
}

const byKind = {
  unknown: Type.Unknown(),
  text: Type.String(),
  bool: Type.Boolean(),
  number: Type.Integer(),
  float: Type.Number(),
  unit: Type.Integer(),
  timestamp: Type.Number(),
  other: Type.Unknown(),
} satisfies Record<FieldKind, TSchema>;

type OfKind = typeof byKind;

interface ValueOfKind {
  readonly unknown: unknown;
  readonly text: string;
  readonly bool: boolean;
  readonly number: number;
  readonly float: number;
  readonly unit: number;
  readonly timestamp: number;
  readonly other: unknown;
}

type Readable<V> = V extends (infer Element)[] ? readonly Element[] : V;
/** The values of a type; a kind alone means that there may be no value. */
type Values<T extends FieldKind | ValueType> =
  T extends ValueType<infer S> ? Readable<Static<S>> : T extends FieldKind ? ValueOfKind[T] | null : never;

/**
 * What the getter of a field may return. Only where the schema has null can a value be missing: undefined stands for no data,
 * null for not available.
 */
export type Got<T extends FieldKind | ValueType> =
  null extends Values<T> ? Values<T> | undefined | typeof offline | typeof knownNull : Values<T>;

export const nullable = <S extends TSchema>(schema: S): TUnion<[S, TNull]> => Type.Union([schema, Type.Null()]);

/** A type with its schema written out: with null where the kind is all that is known, for then there may be no value. */
export function typeOf(type: FieldKind | ValueType): ValueType {
  if (typeof type !== 'string') return type;
  return { kind: type, schema: type === 'other' || type === 'unknown' ? byKind[type] : nullable(byKind[type]) };
}

/** A field that every object has a value for. */
export function always<K extends FieldKind>(kind: K): ValueType<OfKind[K]>;
export function always<S extends TSchema>(kind: FieldKind, schema: S): ValueType<S>;
export function always(kind: FieldKind, schema: TSchema = byKind[kind]): ValueType {
  return { kind, schema };
}

/** A field of the kind `other` with these values. */
export const other = <S extends TSchema>(schema: S): ValueType<S> => ({ kind: 'other', schema });
/** A field of the kind `other` with a list. */
export const listOf = <S extends TSchema>(schema: S): ValueType<TArray<S>> => other(Type.Array(schema));

export const textOrNull = nullable(Type.String());
export const names = listOf(Type.String());
export const namesOrNull = listOf(textOrNull);
/** Parameters by their names, where no schema of ours knows them all. */
export const Parameters = Type.Record(Type.String(), Type.Unknown());
