/**
 * The state store: etcd's semantics as a small port. Both adapters (SQLite, etcd) pass `testing/store-conformance.ts`.
 *
 * Keys are ordered by their UTF-8 bytes. Every successful transaction that changes anything gets the next revision of the
 * store; a revision is a positive safe integer and never repeats. One that changes nothing (no writes, or only deletions of
 * keys that do not exist) is answered with the current revision.
 */
export interface Store {
  get(key: string): Promise<Entry | undefined>;
  /** Entries whose key begins with `prefix`, in key order, all of one revision. */
  range(prefix: string, options?: RangeOptions): Promise<RangeResult>;
  /**
   * Applies all writes if every comparison holds, else none. Durable when it resolves with `committed: true`.
   * At most `storeLimits.writes` writes with distinct keys, `storeLimits.compares` comparisons, `transactionBytes` in all.
   * @throws STORE_TRANSACTION_TOO_LARGE, STORE_VALUE_TOO_LARGE, STORE_LEASE_UNKNOWN, STORE_FULL;
   * STORE_UNAVAILABLE, after which it may or may not have been applied
   */
  transact(transaction: Transaction): Promise<TransactionResult>;
  /**
   * Every change below `prefix` after revision `after`, in order, without gaps or repeats, one batch a revision.
   * A batch without events only tells that all changes up to its revision were delivered; not every adapter sends them.
   * Ends when `signal` aborts. Lost connections are resumed inside.
   * @throws STORE_COMPACTED when the changes after `after` are no longer kept
   */
  watch(prefix: string, after: number, signal: AbortSignal): AsyncIterable<WatchBatch>;
  /** A lease of `ttlSeconds`; the keys bound to it vanish when it ends. */
  grantLease(ttlSeconds: number): Promise<Lease>;
  /** Forgets the history before `revision`, so that nobody can watch from before it; current values stay. */
  compact(revision: number): Promise<void>;
  /** What it occupies, bytes; undefined or missing where that is not known. */
  sizeBytes?(): number | undefined;
  close(): Promise<void>;
}

export interface Entry {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
}

export interface RangeOptions {
  /** Begin after this key (for paging). */
  readonly after?: string;
  readonly limit?: number;
}

export interface RangeResult {
  readonly entries: readonly Entry[];
  /** Revision of the store at which this was true; watch from here. */
  readonly revision: number;
  readonly more: boolean;
}

export interface Comparison {
  readonly key: string;
  /** The key's last change must be exactly this revision; 0: the key must not exist. */
  readonly modRevision: number;
}

export type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: string; readonly leaseId?: string }
  | { readonly type: 'delete'; readonly key: string };

export interface Transaction {
  readonly compares: readonly Comparison[];
  readonly writes: readonly Write[];
}

export type TransactionResult = { readonly committed: true; readonly revision: number } | { readonly committed: false };

export type WatchEvent =
  | { readonly type: 'put'; readonly entry: Entry }
  | { readonly type: 'delete'; readonly key: string; readonly modRevision: number };

export interface WatchBatch {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

export interface Lease {
  readonly id: string;
  /** What a thread needs to prolong it (`renewLease`); none: only this object can. */
  readonly remote?: RemoteLease;
  /** Prolongs the lease by its full time. @throws STORE_LEASE_UNKNOWN when it has ended */
  keepAlive(): Promise<void>;
  /** Ends it and deletes its keys. */
  revoke(): Promise<void>;
}

/** A lease as plain data. */
export type RemoteLease =
  | { readonly type: 'sqlite'; readonly file: string; readonly ttlMs: number }
  | { readonly type: 'etcd'; readonly id: string; readonly options: EtcdOptions };

export interface EtcdOptions {
  /** `host:port`, by host name: certificates and gRPC want names, not addresses. */
  readonly hosts: readonly string[];
  /** All keys of the store begin with this in etcd, e.g. `/gantry`. */
  readonly prefix: string;
  /** PEM files; with them the connection uses TLS and, with `cert` and `key`, shows who we are. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
  /** How long calls are repeated that certainly reached no server, e.g. while it restarts; default 5,000. */
  readonly patienceMs?: number;
}

/**
 * The smaller of what both adapters can do; checked by both. `transactionBytes` counts the keys and values of one
 * transaction: etcd takes no request above 1.5 MiB.
 */
export const storeLimits = { writes: 120, compares: 120, valueBytes: 1024 * 1024, transactionBytes: 1400 * 1024 } as const;
