import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { GantryError } from '../base/index.ts';
import { keys } from '../model/index.ts';
import { inPieces } from './in-pieces.ts';
import { currentLeader } from './leadership.ts';
import type { Store, Write } from './store.ts';

/** The content of a store at one revision, without the keys of the leader and of a running restore. */
export type StoreContent = ReadonlyMap<string, string>;

export interface Backup {
  readonly content: StoreContent;
  /** Seconds since 1970. */
  readonly made: number;
}

const format = 1;
const passing: readonly string[] = [keys.leader, keys.restoring];

/** Reads everything at one revision, also while a master works on the store. */
export async function readContent(store: Store): Promise<StoreContent> {
  const { entries } = await store.range('');
  return new Map(entries.filter(({ key }) => !passing.includes(key)).map(({ key, value }) => [key, value]));
}

/** A backup as text: a head, one line for each key, and a checksum of everything, so that an incomplete file is detected. */
export function formatBackup({ content, made }: Backup): string {
  const lines = [JSON.stringify({ gantry_backup: format, made, entries: content.size })];
  for (const entry of content) lines.push(JSON.stringify(entry));
  const text = `${lines.join('\n')}\n`;
  return `${text}${JSON.stringify({ sha256: sumOf(text) })}\n`;
}

/** @throws STORE_BACKUP_UNUSABLE */
export async function readBackup(path: string): Promise<Backup> {
  const unusable = (problem: string, cause?: unknown) => new GantryError('STORE_BACKUP_UNUSABLE', { path, problem }, { cause });
  const text = await readFile(path, 'utf8').catch((error: Error) => Promise.reject(unusable(error.message, error)));
  try {
    const end = text.lastIndexOf('\n', text.length - 2) + 1;
    const [head, ...entries] = text.slice(0, end).trimEnd().split('\n');
    const { gantry_backup: found, made, entries: count } = JSON.parse(head ?? '') as Record<string, unknown>;
    if (typeof found !== 'number') throw unusable('it is no backup of a store');
    if (found !== format) throw unusable(`it has format ${found}; this Gantry reads format ${format}`);
    const { sha256 } = JSON.parse(text.slice(end)) as Record<string, unknown>;
    if (sha256 !== sumOf(text.slice(0, end)) || count !== entries.length) throw unusable('it is damaged: its sum does not fit');
    const content = new Map(entries.map((line) => JSON.parse(line) as [string, string]));
    if (!content.has(keys.cluster)) throw unusable('it holds no cluster');
    return { content, made: Number(made) };
  } catch (error) {
    throw error instanceof GantryError ? error : unusable('it is cut short, or no backup of a store', error);
  }
}

/**
 * Makes the content of a store what is given; keys that stay as they are are not written. This takes several transactions.
 * Meanwhile no master leads; after an interruption, no master leads until the restore was completed.
 * @param from for people: where the content comes from
 * @throws STORE_IN_USE; STORE_OBJECT_TOO_LARGE before anything is written
 */
export async function replaceContent(store: Store, content: StoreContent, from: string): Promise<void> {
  inPieces([...content].map(([key, value]) => [{ type: 'put', key, value }]));
  const mark: Write = { type: 'put', key: keys.restoring, value: from };
  const { committed } = await store.transact({ compares: [{ key: keys.leader, modRevision: 0 }], writes: [mark] });
  if (!committed) throw new GantryError('STORE_IN_USE', { leader: (await currentLeader(store))?.name ?? '(unknown)' });
  const before = await readContent(store);
  const writes: Write[] = [];
  for (const key of before.keys()) if (!content.has(key)) writes.push({ type: 'delete', key });
  for (const [key, value] of content) if (before.get(key) !== value) writes.push({ type: 'put', key, value });
  for (const piece of inPieces(writes.map((write) => [write]))) await store.transact({ compares: [], writes: piece });
  await store.transact({ compares: [], writes: [{ type: 'delete', key: keys.restoring }] });
}

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');
