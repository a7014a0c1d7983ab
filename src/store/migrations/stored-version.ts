import { type Static, Type } from 'typebox';
import { GantryError } from '../../base/index.ts';
import { configVersion, keys, validate } from '../../model/index.ts';
import type { Store } from '../store.ts';

/** Written with the first change of a migration, in one transaction with the new version, and gone with the last one. */
export const MigrationMark = Type.Object({
  from: Type.Integer(),
  to: Type.Integer(),
  /** The version that all objects certainly have; between this one and the next they are mixed. */
  done: Type.Integer(),
  /** File with the store as it was before, and the master on whose host it is. */
  backup: Type.String(),
  master: Type.String(),
});
export type MigrationMark = Static<typeof MigrationMark>;

/** What is kept of the last migration. */
export type MigrationRecord = Omit<MigrationMark, 'done'>;

/** @throws STORE_OBJECT_CORRUPT */
export function readMark(text: string): MigrationMark {
  try {
    return validate(MigrationMark, JSON.parse(text), keys.migrating);
  } catch (error) {
    throw new GantryError('STORE_OBJECT_CORRUPT', { key: keys.migrating, problem: (error as Error).message }, { cause: error });
  }
}

/** Why nobody may use the configuration while the mark is there. */
export function migratingError(markText: string): GantryError {
  const { from, to, backup } = readMark(markText);
  if (to > configVersion) return newerVersion(to, configVersion, backup);
  return new GantryError('STORE_MIGRATING', { from, to, backup });
}

/**
 * The version of a stored cluster; the first ones said nothing about it.
 * @throws STORE_OBJECT_CORRUPT
 */
export function versionOf(clusterText: string): number {
  try {
    const { config_version: version = 1 } = JSON.parse(clusterText) as { config_version?: unknown };
    if (Number.isInteger(version)) return version as number;
    throw new Error(`config_version: ${JSON.stringify(version)} is not a whole number`);
  } catch (error) {
    throw new GantryError('STORE_OBJECT_CORRUPT', { key: keys.cluster, problem: (error as Error).message }, { cause: error });
  }
}

/**
 * Writes nothing. A store without a cluster has no version.
 * @param known the version that this Gantry reads and writes
 * @throws STORE_VERSION_NEWER, STORE_OBJECT_CORRUPT
 */
export async function requireKnownVersion(store: Store, known: number = configVersion): Promise<void> {
  const cluster = await store.get(keys.cluster);
  const found = cluster ? versionOf(cluster.value) : known;
  if (found <= known) return;
  const last = (await store.get(keys.migrating)) ?? (await store.get(keys.migrated));
  const { backup = 'FILE' } = last ? (JSON.parse(last.value) as Partial<MigrationRecord>) : {};
  throw newerVersion(found, known, backup);
}

export const newerVersion = (found: number, known: number, backup = 'FILE'): GantryError =>
  new GantryError('STORE_VERSION_NEWER', { store: `(configuration under ${keys.config})`, found, known, backup });
