import { createHash } from 'node:crypto';
import { GantryError } from '../../base/index.ts';
import { keys } from '../../model/index.ts';
import { inPieces } from '../in-pieces.ts';
import type { Comparison, Store, Write } from '../store.ts';
import { type ImportMark, readImportMark } from './import-mark.ts';

export interface ImportWrites {
  /** New keys; those of a group are written together, and groups in this order. */
  readonly groups: readonly (readonly Write[])[];
  /** Written with the end of the import, if these keys have not changed since. */
  readonly last: readonly { readonly write: Write; readonly modRevision: number }[];
}

export interface ImportOptions {
  /** Holds while nobody else leads. */
  readonly fence: Comparison;
  readonly digest: string;
  readonly file: string;
  readonly started: number;
  /** Keeps the store as it is, durably; returns the path of the file. Called before the first write. */
  readonly saveBackup: () => Promise<string>;
  readonly onProgress?: (done: number, parts: number) => void;
}

/**
 * Writes objects into a store in parts that fit into its transactions. While they are written, nobody uses the configuration.
 * After an interruption the same call writes the parts that are missing.
 * @returns how many parts had been written before
 * @throws STORE_IMPORTING when another file was begun or the result would differ; IMPORT_OVERTAKEN, FENCED, STORE_BACKUP_UNWRITTEN
 */
export async function importObjects(store: Store, { groups, last }: ImportWrites, options: ImportOptions): Promise<number> {
  const { fence, digest, file, started } = options;
  const parts = inPieces(groups);
  const plan = createHash('sha256').update(JSON.stringify(groups)).digest('hex');
  const begun = await readImportMark(store);
  if (begun && (begun.digest !== digest || begun.plan !== plan))
    throw new GantryError('STORE_IMPORTING', { file: begun.file, backup: begun.backup });
  let mark: ImportMark = begun ?? { digest, file, started, plan, done: 0, backup: await options.saveBackup() };
  let markRevision = (await store.get(keys.importing))?.modRevision ?? 0;
  const write = async (compares: readonly Comparison[], writes: readonly Write[]) => {
    const own = { key: keys.importing, modRevision: markRevision };
    const outcome = await store.transact({ compares: [fence, own, ...compares], writes });
    if (!outcome.committed) throw await whyRefused(store, [fence, own], compares);
    markRevision = outcome.revision;
  };
  const put = (value: ImportMark): Write => ({ type: 'put', key: keys.importing, value: JSON.stringify(value) });
  if (!begun) await write([], [put(mark)]);
  const before = mark.done;
  for (const part of parts.slice(before)) {
    mark = { ...mark, done: mark.done + 1 };
    const absent = part.map(({ key }) => ({ key, modRevision: 0 }));
    await write(absent, [...part, put(mark)]);
    options.onProgress?.(mark.done, parts.length);
  }
  const unchanged = last.map(({ write: { key }, modRevision }) => ({ key, modRevision }));
  await write(unchanged, [...last.map((one) => one.write), { type: 'delete', key: keys.importing }]);
  return before;
}

async function whyRefused(store: Store, own: readonly Comparison[], compares: readonly Comparison[]): Promise<GantryError> {
  for (const { key, modRevision } of compares) {
    if (((await store.get(key))?.modRevision ?? 0) !== modRevision) return new GantryError('IMPORT_OVERTAKEN', { key });
  }
  return new GantryError('FENCED', { key: own[0]?.key ?? '' });
}
