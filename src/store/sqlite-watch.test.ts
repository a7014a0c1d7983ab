import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { until } from '../../test/support/until.ts';
import { leaseFile } from './lease-file.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const directory = await temporaryDirectory();
let files = 0;
const newPath = () => join(directory, `${files++}.db`);
const put = (store: Store, key: string, more: object = {}) =>
  store.transact({ compares: [], writes: [{ type: 'put', key, value: 'v', ...more }] });
/** Timers that keep this process alive. */
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

const left = new Set<AbortController | Store>();
/** A watch or a store that a failed test has left would keep this process alive. */
afterEach(async () => {
  for (const one of left) await ('abort' in one ? one.abort() : one.close());
  left.clear();
});

async function open(path: string): Promise<Store> {
  const store = await openSqliteStore(path);
  left.add(store);
  return store;
}

/** Watches everything; what came is in `keys`. */
function watching(store: Store, after = 0) {
  const stop = new AbortController();
  left.add(stop);
  const keys: string[] = [];
  const running = (async () => {
    for await (const { events } of store.watch('/', after, stop.signal))
      for (const event of events) if (event.type === 'put') keys.push(event.entry.key);
  })();
  return { stop, keys, running };
}

describe('a watch of a SQLite store', () => {
  it('leaves no listener and no timer behind', async () => {
    const store = await open(newPath());
    const before = timers();
    const [one, two] = [watching(store), watching(store)];
    await put(store, '/a');
    await until('both have it', () => one.keys.length === 1 && two.keys.length === 1);
    assert.equal(timers(), before + 1, 'one timer looks for what others write');
    one.stop.abort();
    await one.running;
    assert.equal(timers(), before + 1, 'the other one still watches');
    two.stop.abort();
    await two.running;
    assert.deepEqual([timers(), getEventListeners(one.stop.signal, 'abort').length], [before, 0]);
    await store.close();
  });

  it('sees what another handle writes, also after another watch has ended', async () => {
    const path = newPath();
    const [store, other] = [await open(path), await open(path)];
    const [one, two] = [watching(store), watching(store)];
    await put(other, '/a');
    await until('it is seen', () => one.keys.includes('/a') && two.keys.includes('/a'));
    one.stop.abort();
    await one.running;
    await put(other, '/b');
    await until('it is seen by the one that is left', () => two.keys.includes('/b'));
    two.stop.abort();
    await two.running;
    const three = watching(store, 2);
    await put(other, '/c');
    await until('and by one that begins later', () => three.keys.includes('/c'));
    assert.deepEqual([one.keys, two.keys, three.keys], [['/a'], ['/a', '/b'], ['/c']]);
    three.stop.abort();
    await three.running;
    await Promise.all([store.close(), other.close()]);
  });

  it('begun before the end hands on nothing, and fails with a store that is closed', async () => {
    const store = await open(newPath());
    await put(store, '/a');
    for await (const _batch of store.watch('/', 0, AbortSignal.abort())) assert.fail('it was told to end');
    const begun = watching(store);
    await until('it has begun', () => begun.keys.length === 1);
    await store.close();
    await assert.rejects(begun.running, { code: 'STORE_UNAVAILABLE' });
    await assert.rejects(watching(store).running, { code: 'STORE_UNAVAILABLE' });
  });
});

describe('a lease of a SQLite store', () => {
  it('has a file as long as it lives, which is gone with it', async () => {
    const path = newPath();
    const store = await open(path);
    const lease = await store.grantLease(60);
    const file = leaseFile(path, lease.id);
    assert.deepEqual(lease.remote, { type: 'sqlite', file, ttlMs: 60_000 });
    assert.ok(existsSync(file));
    await put(store, '/a', { leaseId: lease.id });
    await lease.revoke();
    assert.ok(!existsSync(file));
    assert.equal(await store.get('/a'), undefined);
    const short = await store.grantLease(0.05);
    await put(store, '/b', { leaseId: short.id });
    await until('it has run out', async () => (await store.get('/b')) === undefined);
    await until('its file is gone', () => !existsSync(leaseFile(path, short.id)));
    await store.close();
  });

  it('of many keys ends with all of them', async () => {
    const store = await open(newPath());
    const lease = await store.grantLease(60);
    for (let at = 0; at < 5; at++) {
      const writes = Array.from({ length: 100 }, (_, k) => ({ type: 'put' as const, key: `/${at}/${k}`, value: '', leaseId: lease.id }));
      await store.transact({ compares: [], writes });
    }
    await put(store, '/free');
    await lease.revoke();
    assert.deepEqual(
      (await store.range('')).entries.map(({ key }) => key),
      ['/free'],
    );
    await store.close();
  });
});
