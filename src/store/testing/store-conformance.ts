import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { type Store, storeLimits, type WatchBatch, type WatchEvent } from '../store.ts';
import { crashWriterPath } from './crash-writer.ts';
import { storeModel } from './store-model.ts';

/** An empty store of its own for one test. */
export interface StorePlace {
  readonly url: string;
  /** A further handle on it, as another process would have. */
  open(): Promise<Store>;
}

export interface ConformanceSetup {
  makePlace(): Promise<StorePlace>;
  /** Kills the part that makes the writes durable in the middle of the work of `writer`. */
  crash(writer: ChildProcess): Promise<void>;
}

type Body = (store: Store, place: StorePlace) => Promise<void>;

export type ConformancePart = 'values' | 'transactions' | 'limits' | 'watches' | 'leases' | 'crash';

/** Registers what every adapter of `Store` has to do as tests of `node:test`, in parts, so that no file of tests takes long. */
export function registerStoreConformance(adapter: string, setup: ConformanceSetup, parts: readonly ConformancePart[]): void {
  const check = (name: string, body: Body) => {
    void test(`${adapter}: ${name}`, async () => {
      const place = await setup.makePlace();
      const store = await place.open();
      try {
        await body(store, place);
      } finally {
        await store.close();
      }
    });
  };
  const crash = {
    'keeps every acknowledged transaction and no half one over a crash': (_store: Store, place: StorePlace) => survivesCrash(place, setup),
  };
  const all: Record<ConformancePart, Record<string, Body>> = { values, transactions, limits, watches, leases, crash };
  for (const part of parts) for (const [name, body] of Object.entries(all[part])) check(name, body);
}

const put = (key: string, value = '') => ({ type: 'put', key, value }) as const;
const remove = (key: string) => ({ type: 'delete', key }) as const;

async function commit(store: Store, ...writes: Parameters<Store['transact']>[0]['writes']): Promise<number> {
  const outcome = await store.transact({ compares: [], writes });
  assert(outcome.committed);
  return outcome.revision;
}

const hasCode = (code: string) => (error: unknown) => error instanceof Error && 'code' in error && error.code === code;

const values: Record<string, Body> = {
  'an absent key is undefined; a present one has its value and revisions': async (store) => {
    assert.equal(await store.get('/a'), undefined);
    const created = await commit(store, put('/a', 'one'));
    const changed = await commit(store, put('/a', 'two'));
    assert(changed > created);
    assert.deepEqual(await store.get('/a'), { key: '/a', value: 'two', createRevision: created, modRevision: changed });
    await commit(store, remove('/a'));
    assert.equal(await store.get('/a'), undefined);
    const again = await commit(store, put('/a', 'three'));
    assert.equal((await store.get('/a'))?.createRevision, again);
  },

  'ranges are ordered by UTF-8 bytes, limited to the prefix and paged': async (store) => {
    // In UTF-16 units the last two would be the other way round.
    const keys = ['/r/', '/r/0', '/r/a', '/r/a/b', '/r/b', '/r/ä', '/r/\uffef', '/r/\u{1f600}'];
    await commit(store, ...keys.toReversed().map((key) => put(key, key)), put('/q'), put('/r'), put('/s/a'));
    const whole = await store.range('/r/');
    const found = whole.entries.map(({ key }) => key);
    assert.deepEqual(found, keys);
    assert.equal(whole.more, false);
    assert.equal((await store.range('')).entries.length, keys.length + 3);
    const paged: string[] = [];
    for (let more = true; more; ) {
      const page = await store.range('/r/', { limit: 3, ...(paged.length > 0 && { after: paged.at(-1) as string }) });
      paged.push(...page.entries.map(({ key }) => key));
      more = page.more;
    }
    assert.deepEqual(paged, keys);
    assert.deepEqual((await store.range('/r/', { after: '/q' })).entries.length, keys.length);
    assert.deepEqual((await store.range('/r/', { after: '/s' })).entries, []);
    const exact = await store.range('/r/', { limit: keys.length });
    assert.deepEqual([exact.entries.length, exact.more], [keys.length, false]);
  },

  'a range is of one revision, also when it is long': async (store) => {
    const count = 2500;
    for (let start = 0; start < count; start += 100) {
      await commit(store, ...Array.from({ length: 100 }, (_, index) => put(`/long/${String(start + index).padStart(5, '0')}`, 'x')));
    }
    const { entries, revision, more } = await store.range('/long/');
    assert.deepEqual([entries.length, more], [count, false]);
    assert(entries.every((entry) => entry.modRevision <= revision));
    assert.equal((await store.range('/long/', { limit: 1500 })).entries.length, 1500);
  },

  'values up to 1 MiB and any text come back as they were': async (store) => {
    const large = 'ä'.repeat(storeLimits.valueBytes / 2);
    await commit(store, put('/large', large));
    assert.equal((await store.get('/large'))?.value, large);
    const odd = '\0 "quoted"\n\u{1f600}';
    await commit(store, put('/odd', odd), put('/empty', ''));
    assert.equal((await store.get('/odd'))?.value, odd);
    assert.equal((await store.get('/empty'))?.value, '');
  },

  'another handle sees what was acknowledged': async (store, place) => {
    const other = await place.open();
    try {
      await commit(store, put('/seen', 'yes'));
      assert.equal((await other.get('/seen'))?.value, 'yes');
    } finally {
      await other.close();
    }
  },
};

const transactions: Record<string, Body> = {
  'all comparisons hold or nothing is written': async (store) => {
    const first = await commit(store, put('/x', '1'), put('/y', '1'));
    const stale = await store.transact({
      compares: [
        { key: '/x', modRevision: first },
        { key: '/y', modRevision: first - 1 },
      ],
      writes: [put('/x', '2'), put('/new')],
    });
    assert.deepEqual(stale, { committed: false });
    assert.equal((await store.get('/x'))?.value, '1');
    assert.equal(await store.get('/new'), undefined);
    const absent = { key: '/new', modRevision: 0 };
    const fresh = await store.transact({ compares: [{ key: '/x', modRevision: first }, absent], writes: [put('/x', '2'), put('/new')] });
    assert(fresh.committed);
    assert.deepEqual(await store.transact({ compares: [absent], writes: [remove('/x')] }), { committed: false });
    assert.equal((await store.get('/x'))?.modRevision, fresh.revision);
  },

  'a transaction that changes nothing takes no revision': async (store) => {
    const revision = await commit(store, put('/n'));
    assert.equal(await commit(store, remove('/absent')), revision);
    assert.equal(await commit(store), revision);
    assert.equal((await store.range('')).revision, revision);
  },

  'concurrent writers with several handles lose no increment': async (store, place) => {
    const others = await Promise.all([place.open(), place.open()]);
    const handles = [store, ...others];
    const increment = async (handle: Store): Promise<void> => {
      for (;;) {
        const entry = await handle.get('/counter');
        const compares = [{ key: '/counter', modRevision: entry?.modRevision ?? 0 }];
        const outcome = await handle.transact({ compares, writes: [put('/counter', String(Number(entry?.value ?? 0) + 1))] });
        if (outcome.committed) return;
      }
    };
    const worker = async (handle: Store) => {
      for (let round = 0; round < 10; round++) await increment(handle);
    };
    await Promise.all(handles.flatMap((handle) => [worker(handle), worker(handle), worker(handle)]));
    assert.equal((await store.get('/counter'))?.value, '90');
    await Promise.all(others.map((handle) => handle.close()));
  },

  'random transactions do the same as a plain map': async (store) => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(storeModel.commands, async (commands) => storeModel.check(store, `/model/${run++}/`, commands)),
      { seed: 20260728, numRuns: 25 },
    );
  },

  'a closed store refuses everything': async (_store, place) => {
    const closed = await place.open();
    await closed.close();
    await closed.close();
    await assert.rejects(closed.get('/a'), hasCode('STORE_UNAVAILABLE'));
    await assert.rejects(closed.transact({ compares: [], writes: [put('/a')] }), hasCode('STORE_UNAVAILABLE'));
  },
};

const limits: Record<string, Body> = {
  'limits are accepted to the last and refused beyond': async (store) => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => put(`/many/${index}`));
    const revision = await commit(store, ...many(storeLimits.writes));
    const compares = many(storeLimits.compares).map(({ key }) => ({ key, modRevision: revision + 1 }));
    assert.deepEqual(await store.transact({ compares, writes: many(storeLimits.writes) }), { committed: false });
    const refused = (transaction: Parameters<Store['transact']>[0], code: string) =>
      assert.rejects(store.transact(transaction), hasCode(code));
    await refused({ compares: [], writes: many(storeLimits.writes + 1) }, 'STORE_TRANSACTION_TOO_LARGE');
    await refused({ compares: [...compares, { key: '/z', modRevision: 0 }], writes: [] }, 'STORE_TRANSACTION_TOO_LARGE');
    const megabyte = 'x'.repeat(storeLimits.valueBytes);
    await refused({ compares: [], writes: [put('/big', `${megabyte}x`)] }, 'STORE_VALUE_TOO_LARGE');
    await refused({ compares: [], writes: [put('/big', megabyte), put('/bigger', megabyte)] }, 'STORE_TRANSACTION_TOO_LARGE');
    await commit(store, put('/big', megabyte), put('/rest', 'x'.repeat(storeLimits.transactionBytes - storeLimits.valueBytes - 100)));
  },

  'keys that no store can keep and repeated keys are refused': async (store) => {
    for (const key of ['', '/a\0b', '/\u{10ffff}', '/\ud800']) {
      await assert.rejects(store.transact({ compares: [], writes: [put(key)] }), hasCode('INTERNAL'));
    }
    await assert.rejects(store.transact({ compares: [], writes: [put('/twice'), remove('/twice')] }), hasCode('INTERNAL'));
    assert.equal(await store.get('/twice'), undefined);
  },
};

/** The batches of a watch with events until `count` have come. */
async function collect(store: Store, prefix: string, after: number, count: number): Promise<WatchBatch[]> {
  const stop = new AbortController();
  const batches: WatchBatch[] = [];
  for await (const batch of store.watch(prefix, after, stop.signal)) {
    if (batch.events.length > 0) batches.push(batch);
    if (batches.length === count) stop.abort();
  }
  return batches;
}

const watches: Record<string, Body> = {
  'a watch delivers what was and what comes, one batch a revision, in order': async (store) => {
    const start = await commit(store, put('/w/before'));
    const first = await commit(store, put('/w/a', '1'), put('/w/b', '1'), put('/elsewhere'));
    await commit(store, put('/elsewhere', '2'));
    const batches = collect(store, '/w/', start, 3);
    const second = await commit(store, put('/w/a', '2'));
    const third = await commit(store, remove('/w/b'));
    const entry = (key: string, value: string, createRevision: number, modRevision: number): WatchEvent => ({
      type: 'put',
      entry: { key, value, createRevision, modRevision },
    });
    const expected: WatchBatch[] = [
      { revision: first, events: [entry('/w/a', '1', first, first), entry('/w/b', '1', first, first)] },
      { revision: second, events: [entry('/w/a', '2', first, second)] },
      { revision: third, events: [{ type: 'delete', key: '/w/b', modRevision: third }] },
    ];
    assert.deepEqual(await batches, expected);
  },

  'a watch has no gaps and no repeats while several handles write': async (store, place) => {
    const other = await place.open();
    const { revision } = await store.range('');
    const rounds = 150;
    const watched = [store, other].map((handle) => collect(handle, '/g/', revision, 2 * rounds));
    const late = (async () => {
      await sleep(20);
      return collect(store, '/g/', revision, 2 * rounds);
    })();
    const write = async (handle: Store, name: string) => {
      const revisions: number[] = [];
      for (let round = 0; round < rounds; round++)
        revisions.push(await commit(handle, put(`/g/${name}`, String(round)), put(`/o/${name}`)));
      return revisions;
    };
    const written = (await Promise.all([write(store, 'one'), write(other, 'two')])).flat().sort((a, b) => a - b);
    for (const batches of await Promise.all([...watched, late]))
      assert.deepEqual(
        batches.map((batch) => batch.revision),
        written,
      );
    await other.close();
  },

  'a watch ends when it is told to, also when nothing happens': async (store) => {
    const stop = new AbortController();
    const ended = (async () => {
      for await (const { events } of store.watch('/quiet/', (await store.range('')).revision, stop.signal)) assert.deepEqual(events, []);
    })();
    await sleep(50);
    stop.abort();
    await ended;
  },

  'compaction forgets history and keeps values': async (store) => {
    const first = await commit(store, put('/c', '1'));
    const second = await commit(store, put('/c', '2'));
    const third = await commit(store, remove('/c'), put('/d', '3'));
    await store.compact(third);
    await store.compact(second);
    await assert.rejects(collect(store, '/c', first - 1, 1), hasCode('STORE_COMPACTED'));
    await assert.rejects(collect(store, '/c', first, 1), hasCode('STORE_COMPACTED'));
    const kept = await collect(store, '/c', second, 1);
    assert.deepEqual(kept, [{ revision: third, events: [{ type: 'delete', key: '/c', modRevision: third }] }]);
    assert.equal((await store.get('/d'))?.value, '3');
    await store.compact(third + 1000);
    await commit(store, put('/d', '4'));
    assert.equal((await store.range('/d')).entries[0]?.value, '4');
  },
};

const leases: Record<string, Body> = {
  'the keys of a lease vanish together when its time is over': async (store) => {
    const { revision } = await store.range('');
    const lease = await store.grantLease(1);
    await commit(store, { ...put('/l/a'), leaseId: lease.id }, { ...put('/l/b'), leaseId: lease.id }, put('/l/c'));
    const [, gone] = await collect(store, '/l/', revision, 2);
    assert.deepEqual(gone?.events.map((event) => event.type === 'delete' && event.key).sort(), ['/l/a', '/l/b']);
    assert.deepEqual(
      (await store.range('/l/')).entries.map(({ key }) => key),
      ['/l/c'],
    );
    await assert.rejects(lease.keepAlive(), hasCode('STORE_LEASE_UNKNOWN'));
    const late = store.transact({ compares: [], writes: [{ ...put('/l/d'), leaseId: lease.id }] });
    await assert.rejects(late, hasCode('STORE_LEASE_UNKNOWN'));
    assert.equal(await store.get('/l/d'), undefined);
  },

  'a lease that is kept alive outlives its time': async (store) => {
    const lease = await store.grantLease(2);
    await commit(store, { ...put('/k'), leaseId: lease.id });
    for (let round = 0; round < 8; round++) {
      await sleep(400);
      await lease.keepAlive();
    }
    assert.notEqual(await store.get('/k'), undefined);
    await lease.revoke();
    assert.equal(await store.get('/k'), undefined);
    await lease.revoke();
    await assert.rejects(lease.keepAlive(), hasCode('STORE_LEASE_UNKNOWN'));
  },

  'a key that is written again without the lease is free of it': async (store) => {
    const lease = await store.grantLease(60);
    await commit(store, { ...put('/f'), leaseId: lease.id });
    await commit(store, put('/f', 'free'));
    await lease.revoke();
    assert.equal((await store.get('/f'))?.value, 'free');
  },

  'an unknown lease is refused and nothing is written': async (store) => {
    for (const leaseId of ['4711', 'no-such-lease']) {
      const outcome = store.transact({ compares: [], writes: [put('/u'), { ...put('/v'), leaseId }] });
      await assert.rejects(outcome, hasCode('STORE_LEASE_UNKNOWN'));
    }
    assert.equal(await store.get('/u'), undefined);
  },
};

async function survivesCrash(place: StorePlace, setup: ConformanceSetup): Promise<void> {
  const acknowledged = new Set<string>();
  for (let round = 0; round < 2; round++) {
    const writer = spawn(process.execPath, [crashWriterPath, place.url], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(writer, 'close');
    let enough: () => void;
    const warm = new Promise<void>((resolve) => {
      enough = resolve;
    });
    createInterface({ input: writer.stdout }).on('line', (line) => {
      acknowledged.add(line);
      if (acknowledged.size > 60) enough();
    });
    await Promise.race([warm, ended]);
    await setup.crash(writer);
    writer.kill('SIGKILL');
    await ended;
    const reopened = await place.open();
    try {
      const { entries } = await reopened.range('/crash/');
      const parts = Map.groupBy(entries, ({ key }) => key.split('/')[2] ?? '');
      assert(acknowledged.size > 60, 'the writer has written');
      for (const number of acknowledged) assert(parts.has(number), `transaction ${number} was acknowledged`);
      for (const [number, found] of parts) {
        assert.equal(found.length, 3, `transaction ${number} is whole`);
        for (const { value, modRevision } of found)
          assert.deepEqual([Number(value.replaceAll('.', '')), modRevision], [Number(number), found[0]?.modRevision]);
      }
      for (let start = 0; start < entries.length; start += 100) {
        await commit(reopened, ...entries.slice(start, start + 100).map(({ key }) => remove(key)));
      }
      acknowledged.clear();
    } finally {
      await reopened.close();
    }
  }
}
