import type { Etcd3, IEvent, IKeyValue, IRangeRequest, IRangeResponse, ITxnRequest } from 'etcd3';
import { GantryError } from '../base/index.ts';
import { checkTransaction } from './check-transaction.ts';
import { etcdClient, etcdError, repeatRead } from './etcd-client.ts';
import { keepEtcdLease } from './etcd-lease.ts';
import { type EtcdRange, etcdWatch } from './etcd-watch.ts';
import { prefixEnd } from './prefix-end.ts';
import type {
  Entry,
  EtcdOptions,
  Lease,
  RangeOptions,
  RangeResult,
  Store,
  Transaction,
  TransactionResult,
  WatchBatch,
  WatchEvent,
} from './store.ts';

/** Entries of one request of a range; a range of any size is read in pieces of one revision. */
const pageEntries = 1000;

/**
 * The state store on etcd (3.4 or newer): for several masters.
 * @param client default: one that is made for these options
 * @throws STORE_UNAVAILABLE, STORE_URL_INVALID
 */
export async function openEtcdStore(options: EtcdOptions, client: Etcd3 = etcdClient(options)): Promise<Store> {
  const store = new EtcdStore(options, client);
  try {
    await store.get('/');
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

class EtcdStore implements Store {
  readonly #client: Etcd3;
  readonly #options: EtcdOptions;
  readonly #name: string;
  readonly #prefix: string;
  readonly #patienceMs: number | undefined;
  readonly #closing = new AbortController();

  constructor(options: EtcdOptions, client: Etcd3) {
    this.#client = client;
    this.#options = options;
    this.#prefix = options.prefix;
    this.#patienceMs = options.patienceMs;
    this.#name = `etcd://${options.hosts.join(',')}${options.prefix}`;
  }

  async get(key: string): Promise<Entry | undefined> {
    const { kvs } = await this.#range({ key: this.#key(key) });
    return kvs[0] && this.#entry(kvs[0]);
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<RangeResult> {
    for (;;) {
      const result = await this.#rangeOnce(prefix, options);
      // Compacted between two pages: the next reading is of a newer revision.
      if (result) return result;
    }
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    checkTransaction(transaction);
    const { succeeded, header } = await this.#call(() => this.#client.kv.txn(this.#request(transaction)));
    return succeeded ? { committed: true, revision: Number(header.revision) } : { committed: false };
  }

  async *watch(prefix: string, after: number, signal: AbortSignal): AsyncIterable<WatchBatch> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const toEvent = (event: IEvent) => this.#event(event);
    yield* etcdWatch({ client: this.#client, range: this.#rangeOf(prefix), signal: either, toEvent }, after);
    if (!signal.aborted) throw this.#closed();
  }

  async grantLease(ttlSeconds: number): Promise<Lease> {
    const { ID: id } = await this.#call(() => this.#client.leaseClient.leaseGrant({ TTL: Math.ceil(ttlSeconds) }));
    return {
      id,
      remote: { type: 'etcd', id, options: this.#options },
      keepAlive: () => this.#call(() => keepEtcdLease(this.#client, id)),
      revoke: () => this.#call(() => this.#revoke(id)),
    };
  }

  async compact(revision: number): Promise<void> {
    const { header } = await this.#range({ key: this.#key('/'), keys_only: true });
    const target = Math.min(revision - 1, Number(header.revision));
    if (target < 1) return;
    await this.#call(async () => {
      try {
        await this.#client.kv.compact({ revision: target });
      } catch (error) {
        if (!isCompacted(error)) throw error;
      }
    });
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#client.close();
  }

  async #rangeOnce(prefix: string, { after = '', limit = Infinity }: RangeOptions): Promise<RangeResult | undefined> {
    const { key: first, range_end } = this.#rangeOf(prefix);
    const behind = Buffer.from(`${this.#prefix}${after}\0`);
    let key = after !== '' && behind.compare(first) > 0 ? behind : first;
    let revision = 0;
    const entries: Entry[] = [];
    for (;;) {
      let page: IRangeResponse;
      try {
        page = await this.#range({ key, range_end, revision, limit: Math.min(pageEntries, limit - entries.length) });
      } catch (error) {
        if (revision > 0 && error instanceof GantryError && isCompacted(error.cause)) return undefined;
        throw error;
      }
      revision ||= Number(page.header.revision);
      for (const pair of page.kvs) entries.push(this.#entry(pair));
      const last = page.kvs.at(-1);
      if (!page.more || !last || entries.length >= limit) return { entries, revision, more: page.more };
      key = Buffer.concat([last.key, Buffer.of(0)]);
    }
  }

  #request({ compares, writes }: Transaction): ITxnRequest {
    return {
      compare: compares.map(({ key, modRevision }) => ({
        result: 'Equal',
        target: 'Mod',
        key: this.#key(key),
        mod_revision: modRevision,
      })),
      success: writes.map((write) => {
        const key = this.#key(write.key);
        if (write.type === 'delete') return { request_delete_range: { key } };
        return { request_put: { key, value: Buffer.from(write.value), lease: leaseNumber(write.leaseId) } };
      }),
    };
  }

  async #revoke(id: string): Promise<void> {
    try {
      await this.#client.leaseClient.leaseRevoke({ ID: id });
    } catch (error) {
      if (!String(error).includes('requested lease not found')) throw error;
    }
  }

  #range(request: IRangeRequest): Promise<IRangeResponse> {
    return this.#call(() => repeatRead(() => this.#client.kv.range(request), this.#patienceMs));
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closing.signal.aborted) throw this.#closed();
    try {
      return await call();
    } catch (error) {
      throw etcdError(error, this.#name);
    }
  }

  #unavailable(detail: string): GantryError {
    return new GantryError('STORE_UNAVAILABLE', { store: this.#name, detail });
  }

  #closed(): GantryError {
    return this.#unavailable('it was closed');
  }

  #key(key: string): Buffer {
    return Buffer.from(this.#prefix + key);
  }

  #rangeOf(prefix: string): EtcdRange {
    return { key: this.#key(prefix), range_end: Buffer.from(prefixEnd(this.#prefix + prefix)) };
  }

  #entry({ key, value, create_revision, mod_revision }: IKeyValue): Entry {
    return {
      key: key.toString().slice(this.#prefix.length),
      value: value.toString(),
      createRevision: Number(create_revision),
      modRevision: Number(mod_revision),
    };
  }

  #event({ type, kv }: IEvent): WatchEvent {
    const entry = this.#entry(kv);
    return type.toUpperCase() === 'PUT' ? { type: 'put', entry } : { type: 'delete', key: entry.key, modRevision: entry.modRevision };
  }
}

function isCompacted(error: unknown): boolean {
  return String(error).includes('required revision has been compacted');
}

/** etcd's lease numbers are 64 bits wide and travel as text; 0: no lease. */
function leaseNumber(id: string | undefined): string {
  if (id === undefined) return '0';
  if (!/^[1-9]\d{0,18}$/.test(id)) throw new GantryError('STORE_LEASE_UNKNOWN', { lease: id });
  return id;
}
