import { GantryError } from '../../base/index.ts';
import { keys } from '../../model/index.ts';
import type { StoreContent } from '../backup.ts';
import type { ObjectKind, ObjectOf } from '../config.ts';
import { checkObject, objectKey, parseConfigKey } from '../config-objects.ts';
import { requireFits } from '../in-pieces.ts';
import type { Write } from '../store.ts';
import type { Migration, MigrationContext, StoredObject } from './migration.ts';

export interface MigratedContent {
  readonly content: StoreContent;
  /** What has to be written; what becomes of one key is together. */
  readonly changes: readonly (readonly Write[])[];
}

/**
 * The content of a store of the next version. Content that is partly of that version already becomes the same.
 * @throws STORE_MIGRATION_FAILED
 */
export function migrateContent(before: StoreContent, migration: Migration): MigratedContent {
  const context = contextOf(before);
  const content = new Map<string, string>();
  const changes: Write[][] = [];
  for (const [key, value] of before) {
    try {
      const becomes = changed(key, value, migration, context);
      const writes: Write[] = becomes.some(([newKey]) => newKey === key) ? [] : [{ type: 'delete', key }];
      for (const [newKey, newValue] of becomes) {
        // A key that goes on to another place could be overwritten before, or deleted afterwards: they are not written together.
        if (content.has(newKey) || (newKey !== key && before.has(newKey))) throw new Error(`two keys become ${newKey}`);
        content.set(newKey, newValue);
        if (before.get(newKey) !== newValue) writes.push({ type: 'put', key: newKey, value: newValue });
      }
      if (writes.length === 0) continue;
      requireFits(writes);
      changes.push(writes);
    } catch (error) {
      throw failure(migration, key, error);
    }
  }
  return { content, changes };
}

/**
 * The content after all of these migrations, with version `to`; it then fits the schemas of today.
 * @throws STORE_MIGRATION_FAILED
 */
export function rehearseMigrations(content: StoreContent, steps: readonly Migration[], to: number): StoreContent {
  // The version is written first, as in a real migration.
  let complete: StoreContent = withVersion(content, to);
  try {
    requireFits([{ type: 'put', key: keys.cluster, value: complete.get(keys.cluster) ?? '' }]);
  } catch (error) {
    throw failure({ to }, keys.cluster, error);
  }
  for (const step of steps) complete = migrateContent(complete, step).content;
  for (const [key, value] of complete) {
    const parsed = parseConfigKey(key);
    if (parsed.type !== 'object') continue;
    try {
      checkObject(parsed.kind, JSON.parse(value) as ObjectOf[ObjectKind]);
    } catch (error) {
      throw failure({ to }, key, error);
    }
  }
  return complete;
}

/** The content with this version of the configuration. */
export function withVersion(content: StoreContent, version: number): Map<string, string> {
  const cluster = content.get(keys.cluster) ?? '{}';
  return new Map(content).set(keys.cluster, JSON.stringify({ ...(JSON.parse(cluster) as object), config_version: version }));
}

function changed(key: string, value: string, { objects, key: changeKey }: Migration, context: MigrationContext) {
  const parsed = parseConfigKey(key);
  const change = parsed.type === 'object' ? objects?.[parsed.kind] : undefined;
  if (change) {
    const old = JSON.parse(value) as StoredObject;
    const { config_version: version } = old;
    const next = change(old, context);
    // The version says which masters may read the store, and is no part of what a step changes.
    return [[key, JSON.stringify(key === keys.cluster ? { ...next, config_version: version } : next)]] as const;
  }
  return (parsed.type === 'object' ? undefined : changeKey?.(key, value, context)) ?? ([[key, value]] as const);
}

function contextOf(content: StoreContent): MigrationContext {
  const read = (key: string) => {
    const value = content.get(key);
    return value === undefined ? undefined : (JSON.parse(value) as StoredObject);
  };
  return { cluster: read(keys.cluster) ?? {}, object: (kind, uuid) => read(objectKey(kind, uuid)) };
}

function failure({ to }: Pick<Migration, 'to'>, key: string, error: unknown): GantryError {
  return new GantryError('STORE_MIGRATION_FAILED', { from: to - 1, to, key, problem: problemOf(error) }, { cause: error });
}

function problemOf(error: unknown): string {
  if (!(error instanceof GantryError)) return String(error);
  const { field, problem } = error.facts;
  if (error.code === 'STORE_OBJECT_TOO_LARGE') return String(problem);
  return error.code === 'INPUT_INVALID' ? `${field}: ${problem}` : String(error);
}
