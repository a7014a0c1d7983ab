import { GantryError, type Log } from '../../base/index.ts';
import { configVersion, keys } from '../../model/index.ts';
import { readContent, type StoreContent } from '../backup.ts';
import { importingError } from '../import/import-mark.ts';
import { inPieces } from '../in-pieces.ts';
import type { Comparison, Store, Write } from '../store.ts';
import { migrateContent, rehearseMigrations, withVersion } from './migrate-content.ts';
import type { Migration } from './migration.ts';
import { migrations } from './migrations.ts';
import { type MigrationMark, type MigrationRecord, newerVersion, readMark, versionOf } from './stored-version.ts';

export interface MigrateOptions {
  /** Holds while this master leads. */
  readonly fence: Comparison;
  /** Name of this master, for people. */
  readonly master: string;
  /** Keeps the store as it was, durably; returns the path of the file. */
  readonly saveBackup: (content: StoreContent, version: number) => Promise<string>;
  readonly log: Log;
  /** Default: all that there are. */
  readonly migrations?: readonly Migration[];
}

/**
 * Brings the stored configuration to the version of this Gantry; does nothing when it is there already. Everything is first
 * computed in memory and checked. Then there is a backup, and then the changes are written in several transactions: from the
 * first one to the last one there is a mark in the configuration with which nobody uses it. Whoever leads next continues.
 * @returns the versions before and after when there was something to do
 * @throws STORE_VERSION_NEWER, STORE_MIGRATION_FAILED, STORE_OBJECT_CORRUPT, STORE_BACKUP_UNWRITTEN, FENCED
 */
export async function migrateConfig(store: Store, options: MigrateOptions): Promise<MigrationRecord | undefined> {
  const { fence, log, migrations: all = migrations } = options;
  const wanted = await plannedMigration(store, all);
  if (!wanted) return undefined;
  const { content, mark: before, steps, to } = wanted;
  rehearseMigrations(content, steps, to);
  const writer = new MarkedWriter(store, fence, before?.modRevision ?? 0);
  let mark = before?.value ?? (await begun(content, to, options));
  mark = { ...mark, to };
  await writer.write(mark, [{ type: 'put', key: keys.cluster, value: withVersion(content, to).get(keys.cluster) ?? '' }]);
  let current: StoreContent = withVersion(content, to);
  for (const step of steps) {
    log.info({ to: step.to, summary: step.summary }, 'the configuration is migrated');
    const next = migrateContent(current, step);
    for (const piece of inPieces(next.changes)) await writer.write(mark, piece);
    current = next.content;
    mark = { ...mark, done: step.to };
    await writer.write(mark, []);
  }
  const { from, backup, master } = mark;
  const record = { from, to, backup, master };
  await writer.end(record);
  log.info(record, 'the configuration is migrated completely');
  return record;
}

interface PlannedMigration {
  /** Without the mark. */
  readonly content: StoreContent;
  readonly mark: { readonly value: MigrationMark; readonly modRevision: number } | undefined;
  readonly steps: readonly Migration[];
  readonly from: number;
  readonly to: number;
}

/**
 * What is to be done for a store; undefined if nothing is. Only reads.
 * @throws CLUSTER_MISSING, STORE_VERSION_NEWER, STORE_OBJECT_CORRUPT
 */
export async function plannedMigration(store: Store, all: readonly Migration[] = migrations): Promise<PlannedMigration | undefined> {
  const to = all.at(-1)?.to ?? configVersion;
  const [cluster, marked] = [await store.get(keys.cluster), await store.get(keys.migrating)];
  if (!cluster) throw new GantryError('CLUSTER_MISSING', { place: 'the state store' });
  const stored = versionOf(cluster.value);
  const mark = marked && { value: readMark(marked.value), modRevision: marked.modRevision };
  const importing = await store.get(keys.importing);
  // A half import is completed by the version that began it.
  if (importing && stored !== to) throw importingError(importing.value);
  if (stored > to) throw newerVersion(stored, to, mark?.value.backup);
  if (!mark && stored === to) return undefined;
  const from = mark?.value.done ?? stored;
  const content = new Map(await readContent(store));
  content.delete(keys.migrating);
  return { content, mark, steps: all.filter((step) => step.to > from), from, to };
}

async function begun(content: StoreContent, to: number, { saveBackup, master, log }: MigrateOptions): Promise<MigrationMark> {
  const from = versionOf(content.get(keys.cluster) ?? '');
  const backup = await saveBackup(content, from);
  log.info({ from, to, backup }, 'the store was backed up before its configuration is migrated');
  return { from, to, done: from, backup, master };
}

/** Writes as long as this master leads and nobody else has changed the mark. */
class MarkedWriter {
  readonly #store: Store;
  readonly #fence: Comparison;
  #markRevision: number;

  constructor(store: Store, fence: Comparison, markRevision: number) {
    this.#store = store;
    this.#fence = fence;
    this.#markRevision = markRevision;
  }

  write(mark: MigrationMark, writes: readonly Write[]): Promise<void> {
    return this.#transact([...writes, { type: 'put', key: keys.migrating, value: JSON.stringify(mark) }]);
  }

  end(record: MigrationRecord): Promise<void> {
    return this.#transact([
      { type: 'delete', key: keys.migrating },
      { type: 'put', key: keys.migrated, value: JSON.stringify(record) },
    ]);
  }

  async #transact(writes: readonly Write[]): Promise<void> {
    const compares = [this.#fence, { key: keys.migrating, modRevision: this.#markRevision }];
    const outcome = await this.#store.transact({ compares, writes });
    if (!outcome.committed) throw new GantryError('FENCED', { key: this.#fence.key });
    this.#markRevision = outcome.revision;
  }
}
