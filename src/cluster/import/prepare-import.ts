import { createHash } from 'node:crypto';
import { GantryError } from '../../base/index.ts';
import { ClusterImport, keys, validate } from '../../model/index.ts';
import { type ConfigSnapshot, type Entry, loadSnapshot, readImportMark, type Store } from '../../store/index.ts';
import type { LiveState } from '../live-state.ts';
import { checkClusterLocation } from '../placement/cluster-location.ts';
import { ImportProblems, type ImportSource } from './import-source.ts';
import { importedUuids, type PlannedImport, planImport } from './plan-import.ts';

export interface PreparedImport extends PlannedImport {
  readonly source: ImportSource;
  /** Parts that an earlier run has written; 0: none, or there was no earlier run. */
  readonly done: number;
  /** The configuration as it is after the import. */
  readonly after: ConfigSnapshot;
}

/**
 * Reads a file and a store and finds out what an import would write. Writes nothing.
 * @param now seconds since 1970
 * @throws IMPORT_FILE_INVALID, IMPORT_CONFLICT, STORE_IMPORTING when another file was begun, STORE_RESTORING, and what
 *   reading a configuration throws
 */
export async function prepareImport(
  store: Store,
  file: { readonly path: string; readonly text: string },
  now: number,
): Promise<PreparedImport> {
  const { path, text } = file;
  const given = readFile(path, text);
  const digest = createHash('sha256').update(text).digest('hex');
  const restoring = await store.get(keys.restoring);
  if (restoring) throw new GantryError('STORE_RESTORING', { backup: restoring.value });
  const mark = await readImportMark(store);
  if (mark && mark.digest !== digest) throw new GantryError('STORE_IMPORTING', { file: mark.file, backup: mark.backup });
  const { entries, revision } = await store.range(keys.config);
  const own = mark ? importedUuids(given, digest) : new Set<string>();
  const others = entries.filter((entry) => entry.key !== keys.importing && !belongsTo(own, entry));
  const source = { path, digest, started: mark?.started ?? now };
  const clusterRevision = entries.find(({ key }) => key === keys.cluster)?.modRevision ?? 0;
  const planned = planImport(loadSnapshot(others, revision), clusterRevision, given, source);
  requireNewKeys(others, planned, path);
  const after = loadSnapshot(withWrites(others, planned), revision);
  if (given.cluster?.location) await checkLocation(after, given.cluster.location, path);
  return { ...planned, source, done: mark?.done ?? 0, after };
}

/** An import overwrites nothing: a key that is there already, such as a name that leads nowhere, would stop it half way. */
function requireNewKeys(entries: readonly Entry[], { writes }: PlannedImport, path: string): void {
  const problems = new ImportProblems(path);
  const keysThere = new Set(entries.map(({ key }) => key));
  for (const { key } of writes.groups.flat()) {
    if (keysThere.has(key)) problems.conflict('', `the key ${key} is there twice, or in the store already`);
    keysThere.add(key);
  }
  problems.requireNone();
}

/** No node has reported yet: what follows from the configuration alone is checked. */
const nobody: LiveState = { version: 0, node: () => undefined, instance: () => undefined, refresh: async () => undefined };

async function checkLocation(after: ConfigSnapshot, text: string, path: string): Promise<void> {
  try {
    await checkClusterLocation(after, nobody, text);
  } catch (error) {
    if (!(error instanceof GantryError) || error.code === 'INTERNAL') throw error;
    new ImportProblems(path).invalid('cluster.location', error.message, error);
  }
}

function readFile(path: string, text: string): ClusterImport {
  const problems = new ImportProblems(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return problems.invalid('', `it is not JSON: ${(error as Error).message}`, error);
  }
  return problems.within('', '', () => validate(ClusterImport, value, 'file'));
}

/** An object of these UUIDs, or its name or claim. */
function belongsTo(uuids: ReadonlySet<string>, { key, value }: Entry): boolean {
  return uuids.has(value) || uuids.has(key.slice(key.lastIndexOf('/') + 1));
}

function withWrites(entries: readonly Entry[], { writes: { groups, last } }: PlannedImport): Entry[] {
  const result = new Map(entries.map((entry) => [entry.key, entry]));
  for (const write of [...groups.flat(), ...last.map((one) => one.write)])
    if (write.type === 'put') result.set(write.key, { key: write.key, value: write.value, createRevision: 1, modRevision: 1 });
  return [...result.values()];
}
