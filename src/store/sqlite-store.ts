import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { GantryError } from '../base/index.ts';
import { checkTransaction } from './check-transaction.ts';
import { EntrySums } from './entry-sums.ts';
import { GroupCommit } from './group-commit.ts';
import { createLeaseFile, leaseFile, leaseFileExpiry, monotonicMs, prolongLeaseFile, removeLeaseFile } from './lease-file.ts';
import { hasEnded, ownIdentity } from './lease-owner.ts';
import { RecentChanges } from './recent-changes.ts';
import { sqliteError } from './sqlite-error.ts';
import { changesPerRevision, openSqliteFile } from './sqlite-file.ts';
import { SqliteSeal, totalModulus } from './sqlite-seal.ts';
import { type EntryHead, type LeaseRow, sqliteTables, type Tables } from './sqlite-tables.ts';
import type { Entry, Lease, RangeOptions, RangeResult, Store, Transaction, TransactionResult, WatchBatch, Write } from './store.ts';
import { WakeUps } from './wake-ups.ts';

export interface SqliteStoreOptions {
  /** How many revisions of history are kept for those who watch; default 20,000. */
  readonly keepRevisions?: number;
  /** Take the file as it is, although acknowledged changes are missing from it or its sums do not fit. */
  readonly asIs?: boolean;
}

/** How often the writes of other processes are looked for while somebody watches. */
const pollMs = 50;
/** How often leases that have run out, or whose process is gone, are ended. */
const sweepMs = 500;
/** Old history is removed in pieces of this many revisions, so that no single commit has to remove much. */
const compactionStep = 500;

/**
 * The state store in one SQLite file: for one host, durable with every acknowledged transaction.
 * @throws STORE_CORRUPT, STORE_LOST_CHANGES, STORE_VERSION_NEWER, STORE_UNAVAILABLE, STORE_FULL
 */
export async function openSqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<Store> {
  const store = new SqliteStore(path, openSqliteFile(path, options.asIs), options.keepRevisions ?? 20_000);
  try {
    await store.endDeadLeases();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

class SqliteStore implements Store {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #tables: Tables;
  readonly #seal: SqliteSeal;
  readonly #sums = new EntrySums();
  readonly #recent = new RecentChanges();
  readonly #keepRevisions: number;
  readonly #commits: GroupCommit;
  readonly #changed = new WakeUps();
  readonly #identity = ownIdentity();
  readonly #sweeper: NodeJS.Timeout;
  #poller: NodeJS.Timeout | undefined;
  #watchers = 0;
  #dataVersion: number | undefined;
  #revision = 0;
  #compacted = 0;
  #revisionBefore = 0;
  #total = 0;
  /** Newest revision that the watchers were woken for. */
  #lastSeen = 0;
  #closed = false;

  constructor(path: string, db: DatabaseSync, keepRevisions: number) {
    this.#path = path;
    this.#db = db;
    this.#tables = sqliteTables(db);
    this.#seal = new SqliteSeal(path);
    this.#keepRevisions = keepRevisions;
    this.#commits = new GroupCommit(db, path, {
      begin: () => this.#begin(),
      beforeCommit: () => this.#beforeCommit(),
      afterCommit: () => this.#afterCommit(),
    });
    // A failed sweep is tried again by the next one; what is wrong with the file shows at the next write.
    this.#sweeper = setInterval(() => this.endDeadLeases().catch(() => undefined), sweepMs).unref();
  }

  async get(key: string): Promise<Entry | undefined> {
    return this.#read(() => this.#tables.entry(key));
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<RangeResult> {
    return this.#read(() => ({ ...this.#tables.entries(prefix, options), revision: this.#tables.state().revision }));
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    checkTransaction(transaction);
    return this.#commits.submit(() => this.#apply(transaction));
  }

  async *watch(prefix: string, after: number, signal: AbortSignal): AsyncIterable<WatchBatch> {
    const wake = () => this.#changed.wake();
    signal.addEventListener('abort', wake);
    this.#startPolling();
    try {
      let seen = after;
      while (!signal.aborted) {
        const changed = this.#changed.next();
        const { batches, complete, revision } = this.#changesAfter(prefix, seen);
        for (const batch of batches) {
          if (signal.aborted) return;
          seen = batch.revision;
          yield batch;
        }
        if (!complete) continue;
        if (revision > seen) {
          seen = revision;
          yield { revision, events: [] };
        } else {
          await changed;
        }
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.#stopPolling();
    }
  }

  async grantLease(ttlSeconds: number): Promise<Lease> {
    const id = randomUUID();
    const ttlMs = ttlSeconds * 1000;
    const file = leaseFile(this.#path, id);
    const expiresAt = monotonicMs() + ttlMs;
    await this.#commits.submit(() => this.#tables.addLease({ id, ttlMs, expiresAt, owner: this.#identity }));
    this.#withFile(() => createLeaseFile(file, ttlMs));
    return {
      id,
      remote: { type: 'sqlite', file, ttlMs },
      keepAlive: async () => {
        if (!this.#withFile(() => prolongLeaseFile(file, ttlMs))) throw new GantryError('STORE_LEASE_UNKNOWN', { lease: id });
        this.#read(() => this.#liveLease(id));
      },
      revoke: async () => {
        await this.#commits.submit(() => this.#endLease(id));
        this.#withFile(() => removeLeaseFile(file));
      },
    };
  }

  sizeBytes(): number | undefined {
    return this.#closed ? undefined : this.#tables.bytes();
  }

  async compact(revision: number): Promise<void> {
    await this.#commits.submit(() => this.#compactTo(Math.min(revision, this.#revision + 1)));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#commits.close();
    this.#closed = true;
    clearInterval(this.#sweeper);
    clearInterval(this.#poller);
    this.#db.close();
    this.#seal.close();
    this.#changed.wake();
  }

  /** Ends the leases whose time is over, and at once those whose process on this host runs no more. */
  async endDeadLeases(): Promise<void> {
    const isDead = (lease: LeaseRow) => this.#expiryOf(lease) <= monotonicMs() || hasEnded(lease.owner, this.#identity);
    if (this.#closed || !this.#tables.leases().some(isDead)) return;
    const ended = await this.#commits.submit(() => {
      const dead = this.#tables.leases().filter(isDead);
      for (const lease of dead) this.#endLease(lease.id);
      return dead;
    });
    for (const { id } of ended) this.#withFile(() => removeLeaseFile(leaseFile(this.#path, id)));
  }

  #apply({ compares, writes }: Transaction): TransactionResult {
    const seen = new Map<string, EntryHead | undefined>();
    for (const { key, modRevision } of compares) {
      const head = this.#tables.head(key);
      if ((head?.modRevision ?? 0) !== modRevision) return { committed: false };
      seen.set(key, head);
    }
    for (const write of writes) if (write.type === 'put' && write.leaseId !== undefined) this.#liveLease(write.leaseId);
    this.#write(writes, seen);
    return { committed: true, revision: this.#revision };
  }

  /** Takes a new revision if anything changes at all, as etcd does. @param seen what this transaction has read already */
  #write(writes: readonly Write[], seen?: ReadonlyMap<string, EntryHead | undefined>): void {
    const revision = this.#revision + 1;
    let position = 0;
    for (const write of writes) {
      const old = seen?.has(write.key) ? seen.get(write.key) : this.#tables.head(write.key);
      if (old) this.#total = (this.#total - this.#sumOf(write.key, old) + totalModulus) % totalModulus;
      if (write.type === 'delete') {
        if (!old) continue;
        this.#tables.remove(write.key);
        this.#tables.record(revision, position++, write.key, null, 0);
        this.#recent.add(revision, { type: 'delete', key: write.key, modRevision: revision });
      } else {
        const entry = { key: write.key, value: write.value, createRevision: old?.createRevision ?? revision, modRevision: revision };
        this.#tables.put(entry, write.leaseId ?? null);
        this.#tables.record(revision, position++, entry.key, entry.value, entry.createRevision);
        this.#recent.add(revision, { type: 'put', entry });
        this.#total = (this.#total + this.#sums.add(entry)) % totalModulus;
      }
    }
    if (position > 0) this.#revision = revision;
  }

  #sumOf(key: string, { modRevision }: EntryHead): number {
    return this.#sums.known(key, modRevision) ?? this.#sums.of(this.#tables.entry(key) as Entry);
  }

  #liveLease(id: string): LeaseRow {
    const lease = this.#tables.lease(id);
    if (!lease || this.#expiryOf(lease) <= monotonicMs()) throw new GantryError('STORE_LEASE_UNKNOWN', { lease: id });
    return lease;
  }

  /** Without its file a lease is as it was granted. */
  #expiryOf({ id, expiresAt }: LeaseRow): number {
    return leaseFileExpiry(leaseFile(this.#path, id)) ?? expiresAt;
  }

  #withFile<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error, this.#path);
    }
  }

  #endLease(id: string): void {
    for (;;) {
      const keys = this.#tables.leaseKeys(id, changesPerRevision);
      if (keys.length === 0) break;
      this.#write(keys.map((key) => ({ type: 'delete', key })));
    }
    this.#tables.removeLease(id);
  }

  #compactTo(revision: number): void {
    if (revision <= this.#compacted) return;
    this.#tables.forgetBefore(revision);
    this.#tables.setCompacted(revision);
    this.#compacted = revision;
    this.#recent.forget();
  }

  #begin(): void {
    this.#sums.begin();
    const { revision, compacted, total } = this.#tables.state();
    this.#recent.begin(revision);
    this.#revision = revision;
    this.#total = total;
    this.#revisionBefore = revision;
    this.#compacted = compacted;
  }

  #beforeCommit(): void {
    if (this.#revision === this.#revisionBefore) return;
    this.#tables.setRevision(this.#revision, this.#total);
    const oldest = this.#revision - this.#keepRevisions;
    if (oldest >= this.#compacted + compactionStep) this.#compactTo(this.#compacted + compactionStep);
  }

  #afterCommit(): void {
    this.#sums.commit();
    this.#recent.commit();
    if (this.#revision === this.#lastSeen) return;
    this.#seal.write({ revision: this.#revision, total: this.#total });
    this.#lastSeen = this.#revision;
    this.#changed.wake();
  }

  #changesAfter(prefix: string, after: number) {
    const recent = this.#closed ? undefined : this.#recent.after(prefix, after);
    if (recent) return recent;
    return this.#read(() => {
      const { revision, compacted } = this.#tables.state();
      if (after + 1 < compacted) throw new GantryError('STORE_COMPACTED', { after, oldest: compacted });
      return { ...this.#tables.changes(prefix, after), revision };
    });
  }

  /** Runs reads on one state of the file, whatever other processes write meanwhile. */
  #read<T>(reads: () => T): T {
    if (this.#closed) throw new GantryError('STORE_UNAVAILABLE', { store: this.#path, detail: 'it was closed' });
    try {
      this.#db.exec('BEGIN');
      try {
        return reads();
      } finally {
        this.#db.exec('COMMIT');
      }
    } catch (error) {
      throw sqliteError(error, this.#path);
    }
  }

  #startPolling(): void {
    if (++this.#watchers > 1 || this.#closed) return;
    this.#dataVersion = this.#tables.dataVersion();
    // From now on what others write is noticed; nobody looked until now.
    this.#recent.forget();
    this.#poller = setInterval(() => this.#poll(), pollMs);
  }

  #poll(): void {
    let version: number | undefined;
    try {
      version = this.#tables.dataVersion();
    } catch {
      // Those who watch read next, meet the same error and report it.
      version = undefined;
    }
    if (version !== undefined && version === this.#dataVersion) return;
    this.#dataVersion = version;
    this.#recent.forget();
    this.#changed.wake();
  }

  #stopPolling(): void {
    if (--this.#watchers === 0) clearInterval(this.#poller);
  }
}
