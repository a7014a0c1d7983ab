import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { GantryError } from '../base/index.ts';
import { sqliteError } from './sqlite-error.ts';
import { entrySum, makeSeal, readSeal, type SealedState, sealFile, totalModulus } from './sqlite-seal.ts';

/** Layout of the store file that this build reads and writes; kept in the file's `user_version`. */
export const fileVersion = 2;
/** "Gnty": marks the file as ours in SQLite's header. */
const applicationId = 0x476e7479;
const busyTimeoutMs = 5000;

/**
 * A change's id is `revision * changesPerRevision + position`, so that one integer key keeps history in order.
 * All ids stay safe integers for 2^41 revisions.
 */
export const changesPerRevision = 4096;

const schema = `
  CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL, compacted INTEGER NOT NULL, total INTEGER NOT NULL) STRICT;
  INSERT INTO state VALUES (1, 0, 1, 0);
  CREATE TABLE entry (
    key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL,
    create_revision INTEGER NOT NULL, mod_revision INTEGER NOT NULL, lease TEXT
  ) STRICT;
  CREATE INDEX entry_lease ON entry (lease) WHERE lease IS NOT NULL;
  CREATE TABLE history (id INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT, create_revision INTEGER NOT NULL) STRICT;
  CREATE TABLE lease (
    id TEXT NOT NULL PRIMARY KEY, ttl_ms REAL NOT NULL, expires_at REAL NOT NULL,
    boot_id TEXT NOT NULL, pid_space TEXT NOT NULL, pid INTEGER NOT NULL, start_ticks TEXT NOT NULL
  ) STRICT;
`;

/**
 * Opens the file of a store, or makes a new one readable by its owner alone. A file that is not ours,
 * damaged or of a newer version is refused before anything could be written to it.
 * @param asIs take what is there, though it is not what was acknowledged
 * @throws STORE_CORRUPT, STORE_LOST_CHANGES, STORE_VERSION_NEWER, STORE_UNAVAILABLE, STORE_FULL
 */
export function openSqliteFile(path: string, asIs = false): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    // Read before the database, which only gets newer.
    const sealed = asIs ? undefined : readSeal(path);
    const isNew = prepareFile(path);
    if (!isNew) inspect(path, sealed, asIs);
    else if (sealed && sealed.revision > 0) throw lostChanges(path, 0, sealed);
    db = new DatabaseSync(path, { timeout: busyTimeoutMs });
    db.exec('PRAGMA synchronous = FULL');
    if (isNew) createSchema(db, path);
    checkVersion(pragma(db, 'application_id'), pragma(db, 'user_version'), path);
    if (pragma(db, 'user_version') < fileVersion || asIs) bringUp(db, path);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864');
    return db;
  } catch (error) {
    db?.close();
    throw sqliteError(error, path);
  }
}

/** Makes the file if there is none; true when it still has to be filled. */
function prepareFile(path: string): boolean {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  const { size } = statSync(path);
  if (size > 0) return false;
  const log = `${path}-wal`;
  if (existsSync(log) && statSync(log).size > 0) {
    throw new GantryError('STORE_CORRUPT', { store: path, detail: 'the file is empty but its write-ahead log is not' });
  }
  return true;
}

/** Looks at an existing file without being able to write to it. */
function inspect(path: string, sealed: SealedState | undefined, asIs: boolean): void {
  const header = Buffer.alloc(100);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, header, 0, 100, 0);
  } finally {
    closeSync(descriptor);
  }
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0') {
    throw new GantryError('STORE_CORRUPT', { store: path, detail: 'it is not an SQLite file' });
  }
  // A process that died while it made the file has left a rollback journal: only a writer can bring that back.
  if (existsSync(`${path}-journal`) && !isUsed(sealed)) return;
  checkVersion(header.readUInt32BE(68), header.readUInt32BE(60), path);
  const { mtimeMs } = statSync(path);
  try {
    // Without a log nobody has the file open, and as an immutable one it is read without making any file beside it.
    if (!existsSync(`${path}-wal`)) return inspectContent(path, new URL('?immutable=1', pathToFileURL(path)), sealed, asIs);
  } catch (error) {
    // Unless somebody opened it just now and wrote while it was read.
    if (!existsSync(`${path}-wal`) && statSync(path).mtimeMs === mtimeMs) throw error;
  }
  inspectContent(path, path, sealed, asIs);
}

function inspectContent(path: string, location: string | URL, sealed: SealedState | undefined, asIs: boolean): void {
  const db = new DatabaseSync(location, { readOnly: true, timeout: busyTimeoutMs });
  try {
    const row = db.prepare('PRAGMA quick_check(1)').get();
    const verdict = String(Object.values(row ?? {})[0]);
    if (verdict !== 'ok') throw new GantryError('STORE_CORRUPT', { store: path, detail: verdict });
    const version = pragma(db, 'user_version');
    checkVersion(pragma(db, 'application_id'), version, path);
    // A file of version 1 has no sums and no seal yet. With a seal it only looks like one: the log that made it newer is lost.
    if (!asIs && (version >= 2 || isUsed(sealed))) checkSums(db, path, sealed);
  } finally {
    db.close();
  }
}

function checkVersion(application: number, version: number, path: string): void {
  if (application !== applicationId)
    throw new GantryError('STORE_CORRUPT', { store: path, detail: 'it is the SQLite file of another program' });
  if (version > fileVersion)
    throw new GantryError('STORE_VERSION_NEWER', { store: path, found: version, known: fileVersion, backup: 'FILE' });
}

const isUsed = (sealed: SealedState | undefined): boolean => sealed !== undefined && sealed.revision > 0;

/** Every entry as it was written, and everything there that was acknowledged? @throws STORE_CORRUPT, STORE_LOST_CHANGES */
function checkSums(db: DatabaseSync, path: string, sealed: SealedState | undefined): void {
  db.exec('BEGIN');
  const state = db.prepare('SELECT * FROM state').get();
  const revision = Number(state?.['revision']);
  if (!sealed || revision < sealed.revision) throw lostChanges(path, revision, sealed);
  // The seal is made before the column: somebody died just then.
  const total = Number(state?.['total'] ?? sealed.total);
  // Through the table and through its index, which readings go by.
  const found = totalOf(db, '');
  const indexed = totalOf(db, 'ORDER BY key');
  const detail = 'its entries are not as they were written';
  if (found !== total || indexed !== total || (revision === sealed.revision && total !== sealed.total))
    throw new GantryError('STORE_CORRUPT', { store: path, detail });
  db.exec('COMMIT');
}

function totalOf(db: DatabaseSync, order: '' | 'ORDER BY key'): number {
  let total = 0;
  for (const row of db.prepare(`SELECT key, value, create_revision, mod_revision FROM entry ${order}`).iterate()) {
    const [created, changed] = [Number(row['create_revision']), Number(row['mod_revision'])];
    total = (total + entrySum(String(row['key']), String(row['value']), created, changed)) % totalModulus;
  }
  return total;
}

const lostChanges = (store: string, found: number, sealed: SealedState | undefined) =>
  new GantryError('STORE_LOST_CHANGES', {
    store,
    found,
    sealed: sealed?.revision ?? `(unknown: ${sealFile(store)} is missing or damaged)`,
  });

/** Gives a file of an older version, or one that is taken as it is, its sums and its seal. */
function bringUp(db: DatabaseSync, path: string): void {
  db.exec('BEGIN IMMEDIATE');
  const version = pragma(db, 'user_version');
  if (version < 2) db.exec('ALTER TABLE state ADD COLUMN total INTEGER NOT NULL DEFAULT 0');
  const total = totalOf(db, '');
  db.prepare('UPDATE state SET total = ?').run(total);
  const revision = Number(db.prepare('SELECT revision FROM state').get()?.['revision']);
  // Before the commit: a file without a seal is refused once it has this version.
  makeSeal(path, { revision, total });
  db.exec(`PRAGMA user_version = ${fileVersion}; COMMIT`);
}

/** Under the write lock, because two processes may find the file empty at the same time. */
function createSchema(db: DatabaseSync, path: string): void {
  db.exec('BEGIN IMMEDIATE');
  if (pragma(db, 'user_version') === 0) {
    makeSeal(path, { revision: 0, total: 0 });
    db.exec(schema);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${fileVersion}`);
  }
  db.exec('COMMIT');
}

function pragma(db: DatabaseSync, name: 'application_id' | 'user_version'): number {
  const row = db.prepare(`PRAGMA ${name}`).get();
  return Number(row?.[name]);
}
