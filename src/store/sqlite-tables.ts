import type { DatabaseSync } from 'node:sqlite';
import type { LeaseOwner } from './lease-owner.ts';
import { prefixEnd } from './prefix-end.ts';
import { changesPerRevision } from './sqlite-file.ts';
import type { Entry, RangeOptions, RangeResult, WatchBatch, WatchEvent } from './store.ts';

/** Rows of history that one read of a watch takes, a last unfinished revision not counted. */
const historyPage = 500;

export interface LeaseRow {
  readonly id: string;
  readonly ttlMs: number;
  readonly expiresAt: number;
  readonly owner: LeaseOwner;
}

/** When a key was created, and when it changed last. */
export type EntryHead = Pick<Entry, 'createRevision' | 'modRevision'>;

export type Tables = ReturnType<typeof sqliteTables>;

/** The prepared statements of a store file as plain functions. None of them begins or ends a transaction. */
export function sqliteTables(db: DatabaseSync) {
  const state = db.prepare('SELECT revision, compacted, total FROM state');
  const setRevision = db.prepare('UPDATE state SET revision = ?, total = ?');
  const setCompacted = db.prepare('UPDATE state SET compacted = ?');
  const one = db.prepare('SELECT key, value, create_revision, mod_revision FROM entry WHERE key = ?');
  const head = db.prepare('SELECT create_revision, mod_revision FROM entry WHERE key = ?');
  const many = db.prepare(
    'SELECT key, value, create_revision, mod_revision FROM entry WHERE key >= ? AND key > ? AND key < ? ORDER BY key LIMIT ?',
  );
  const put = db.prepare(
    `INSERT INTO entry (key, value, create_revision, mod_revision, lease) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, mod_revision = excluded.mod_revision, lease = excluded.lease`,
  );
  const remove = db.prepare('DELETE FROM entry WHERE key = ?');
  const record = db.prepare('INSERT INTO history (id, key, value, create_revision) VALUES (?, ?, ?, ?)');
  const changes = db.prepare(
    'SELECT id, key, value, create_revision FROM history WHERE id >= ? AND id < ? AND key >= ? AND key < ? ORDER BY id LIMIT ?',
  );
  const forget = db.prepare('DELETE FROM history WHERE id < ?');
  const version = db.prepare('PRAGMA data_version');
  const size = db.prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size');

  return {
    /** The row that every store file has. */
    bytes: () => (size.get() as { bytes: number }).bytes,
    state: () => state.get() as { revision: number; compacted: number; total: number },
    /** @param total of the sums of all entries */
    setRevision: (revision: number, total: number) => setRevision.run(revision, total),
    setCompacted: (revision: number) => setCompacted.run(revision),
    /** Changes whenever another connection has committed. */
    dataVersion: () => Number(version.get()?.['data_version']),
    entry(key: string): Entry | undefined {
      const row = one.get(key);
      return row && toEntry(row);
    },
    /** Without its value, which takes longest to read. */
    head(key: string): EntryHead | undefined {
      const row = head.get(key);
      return row && { createRevision: row['create_revision'] as number, modRevision: row['mod_revision'] as number };
    },
    entries(prefix: string, { after = '', limit }: RangeOptions): Pick<RangeResult, 'entries' | 'more'> {
      const rows = many.all(prefix, after, prefixEnd(prefix), limit === undefined ? -1 : limit + 1);
      const more = limit !== undefined && rows.length > limit;
      return { entries: (more ? rows.slice(0, limit) : rows).map(toEntry), more };
    },
    put: (entry: Entry, lease: string | null) => put.run(entry.key, entry.value, entry.createRevision, entry.modRevision, lease),
    remove: (key: string) => Number(remove.run(key).changes) > 0,
    /** Writes down a change for those who watch; `value` null: deleted. */
    record: (revision: number, position: number, key: string, value: string | null, createRevision: number) =>
      record.run(revision * changesPerRevision + position, key, value, createRevision),
    /** Whole revisions after `after` that touch the prefix, oldest first; not necessarily all of them. */
    changes(prefix: string, after: number): { batches: WatchBatch[]; complete: boolean } {
      const end = prefixEnd(prefix);
      const rows = changes.all((after + 1) * changesPerRevision, Number.MAX_SAFE_INTEGER, prefix, end, historyPage);
      const complete = rows.length < historyPage;
      if (!complete) {
        const last = Number(rows.at(-1)?.['id']);
        const nextRevision = (Math.floor(last / changesPerRevision) + 1) * changesPerRevision;
        rows.push(...changes.all(last + 1, nextRevision, prefix, end, changesPerRevision));
      }
      return { batches: toBatches(rows), complete };
    },
    forgetBefore: (revision: number) => forget.run(revision * changesPerRevision),
    ...leaseTable(db),
  };
}

function leaseTable(db: DatabaseSync) {
  const columns = 'id, ttl_ms, expires_at, boot_id, pid_space, pid, start_ticks';
  const all = db.prepare(`SELECT ${columns} FROM lease ORDER BY id`);
  const one = db.prepare(`SELECT ${columns} FROM lease WHERE id = ?`);
  const insert = db.prepare(`INSERT INTO lease (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const remove = db.prepare('DELETE FROM lease WHERE id = ?');
  const keys = db.prepare('SELECT key FROM entry WHERE lease = ? ORDER BY key LIMIT ?');
  return {
    leases: () => all.all().map(toLease),
    lease(id: string): LeaseRow | undefined {
      const row = one.get(id);
      return row && toLease(row);
    },
    addLease: ({ id, ttlMs, expiresAt, owner }: LeaseRow) =>
      insert.run(id, ttlMs, expiresAt, owner.bootId, owner.pidSpace, owner.pid, owner.startTicks),
    removeLease: (id: string) => remove.run(id),
    leaseKeys: (id: string, limit: number) => keys.all(id, limit).map((row) => String(row['key'])),
  };
}

type Row = Record<string, unknown>;

function toEntry(row: Row): Entry {
  return {
    key: row['key'] as string,
    value: row['value'] as string,
    createRevision: row['create_revision'] as number,
    modRevision: row['mod_revision'] as number,
  };
}

function toLease(row: Row): LeaseRow {
  return {
    id: row['id'] as string,
    ttlMs: row['ttl_ms'] as number,
    expiresAt: row['expires_at'] as number,
    owner: {
      bootId: row['boot_id'] as string,
      pidSpace: row['pid_space'] as string,
      pid: row['pid'] as number,
      startTicks: row['start_ticks'] as string,
    },
  };
}

function toBatches(rows: readonly Row[]): WatchBatch[] {
  const batches: { revision: number; events: WatchEvent[] }[] = [];
  for (const row of rows) {
    const modRevision = Math.floor((row['id'] as number) / changesPerRevision);
    const key = row['key'] as string;
    const value = row['value'] as string | null;
    const event: WatchEvent =
      value === null
        ? { type: 'delete', key, modRevision }
        : { type: 'put', entry: { key, value, createRevision: row['create_revision'] as number, modRevision } };
    const last = batches.at(-1);
    if (last?.revision === modRevision) last.events.push(event);
    else batches.push({ revision: modRevision, events: [event] });
  }
  return batches;
}
