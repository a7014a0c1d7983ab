import { type Static, Type } from 'typebox';
import { GantryError } from '../../base/index.ts';
import { keys, validate } from '../../model/index.ts';
import type { Store } from '../store.ts';

/** Written before the first object of an import, changed with every part, and gone with the last one. */
export const ImportMark = Type.Object({
  /** SHA-256 of the file, hex. */
  digest: Type.String(),
  /** Path of the file, for people. */
  file: Type.String(),
  /** Seconds since 1970; the time of objects whose file tells none. */
  started: Type.Integer(),
  /** SHA-256 of everything that is to be written, hex. */
  plan: Type.String(),
  /** Parts that are written. */
  done: Type.Integer(),
  /** File with the store as it was before. */
  backup: Type.String(),
});
export type ImportMark = Static<typeof ImportMark>;

/** @throws STORE_OBJECT_CORRUPT */
export function parseImportMark(text: string): ImportMark {
  try {
    return validate(ImportMark, JSON.parse(text), keys.importing);
  } catch (error) {
    throw new GantryError('STORE_OBJECT_CORRUPT', { key: keys.importing, problem: (error as Error).message }, { cause: error });
  }
}

/** The import that was begun and is not complete, if there is one. @throws STORE_OBJECT_CORRUPT */
export async function readImportMark(store: Store): Promise<ImportMark | undefined> {
  const entry = await store.get(keys.importing);
  return entry && parseImportMark(entry.value);
}

/** Why nobody may use the configuration while the mark is there. */
export function importingError(text: string): GantryError {
  const { file, backup } = parseImportMark(text);
  return new GantryError('STORE_IMPORTING', { file, backup });
}
