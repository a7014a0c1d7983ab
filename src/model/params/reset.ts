import { type TLiteral, type TObject, type TOptional, type TProperties, type TUnion, Type } from 'typebox';

/** As value of a parameter: the parameter is no longer set at this level, so that the level above counts again (Ganeti's word). */
export const resetWord = 'default';
type Reset = typeof resetWord;

type OrWord<P extends TProperties, W extends string> = TObject<{ [K in keyof P]: TOptional<TUnion<[P[K], TLiteral<W>]>> }>;

/** Parameters as set at one level, of which each may be a word instead that stands for a value. */
export function orWord<P extends TProperties, W extends string>({ properties }: TObject<P>, word: W): OrWord<P, W> {
  const fields = Object.entries(properties).map(([name, schema]) => [name, Type.Optional(Type.Union([schema, Type.Literal(word)]))]);
  return Type.Object(Object.fromEntries(fields), { additionalProperties: false }) as unknown as OrWord<P, W>;
}

/** Parameters as set at one level, of which each may be reset. */
export const orReset = <P extends TProperties>(schema: TObject<P>): OrWord<P, Reset> => orWord(schema, resetWord);

type Given<T> = { readonly [K in keyof T]?: T[K] | Reset };

/** The parameters of one level after a change: given ones in place of the old ones, without those that were reset. */
export function withGiven<T extends object>(old: T, given: Given<T>): Partial<T> {
  const result: Partial<T> = { ...old };
  for (const [name, value] of Object.entries(given) as [keyof T, T[keyof T] | Reset][]) {
    if (value === resetWord) delete result[name];
    else result[name] = value as T[keyof T];
  }
  return result;
}
