import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Etcd3 } from 'etcd3';
import { silentLog, systemClock } from '../base/index.ts';
import { openEtcdStore } from './etcd-store.ts';
import { campaign, currentLeader } from './leadership.ts';
import type { Store } from './store.ts';
import { type EtcdCluster, startEtcdCluster } from './testing/etcd-cluster.ts';

let cluster: EtcdCluster;
let places = 0;

before(async () => {
  cluster = await startEtcdCluster();
});
after(() => cluster?.remove());

/** The servers may still be choosing their leader. */
async function open(from = cluster): Promise<Store> {
  const options = from.options(`/outage-${places++}`);
  for (let tries = 0; ; tries++) {
    try {
      return await openEtcdStore(options);
    } catch (error) {
      if (tries > 20) throw error;
      await systemClock.sleep(200);
    }
  }
}

const put = (key: string, value: string) => ({ compares: [], writes: [{ type: 'put', key, value } as const] });
const isOutage = (error: unknown) => (error as { code?: string }).code === 'STORE_UNAVAILABLE';

/** Writes again and again, as its owner would after a lost answer; returns how many were acknowledged. */
async function writeFor(store: Store, ms: number): Promise<number> {
  let acknowledged = 0;
  for (const deadline = performance.now() + ms; performance.now() < deadline; ) {
    try {
      await store.transact(put('/w', String(acknowledged)));
      acknowledged++;
    } catch (error) {
      if (!isOutage(error)) throw error;
    }
    await systemClock.sleep(10);
  }
  return acknowledged;
}

for (const index of [0, 1, 2]) {
  test(`etcd: member ${index} hangs: the leader stays, writes, readings and watches go on`, async () => {
    const store = await open();
    for (let key = 0; key < 30; key++) await store.transact(put(`/r/${key}`, 'x'));
    const signal = new AbortController();
    const leadership = await campaign(store, { name: 'one', ttlSeconds: 10, clock: systemClock, log: silentLog, signal: signal.signal });
    const seen = new Set<string>();
    const { revision } = await store.range('');
    const watching = (async () => {
      for await (const { events } of store.watch('/w', revision, signal.signal)) {
        for (const event of events) if (event.type === 'put') seen.add(event.entry.value);
      }
    })();
    cluster.members[index]?.freeze();
    try {
      assert.ok((await writeFor(store, 12_000)) > 50, 'writes go on while it hangs');
      for (let round = 0; round < 20; round++) assert.equal((await store.range('/r/')).entries.length, 30);
      assert.equal(leadership.doubt(), undefined);
      assert.equal((await currentLeader(store))?.term, leadership.term, 'the leader has not changed');
      await store.transact(put('/w', 'last'));
      for (let tries = 0; !seen.has('last') && tries < 200; tries++) await systemClock.sleep(100);
      assert.ok(seen.has('last'), 'the watch found another member');
    } finally {
      cluster.members[index]?.thaw();
      signal.abort();
      await watching;
      await leadership.resign();
      await store.close();
    }
  });
}

test('etcd: without a majority a reading of many pages fails or is whole, and is whole afterwards', async () => {
  const store = await open();
  const keys = Array.from({ length: 2500 }, (_, index) => `/page/${String(index).padStart(4, '0')}`);
  for (let at = 0; at < keys.length; at += 100) {
    await store.transact({ compares: [], writes: keys.slice(at, at + 100).map((key) => ({ type: 'put', key, value: 'x' })) });
  }
  const reading = async () => (await store.range('/page/')).entries.map(({ key }) => key);
  const outcomes = Promise.allSettled(Array.from({ length: 6 }, (_, index) => systemClock.sleep(index * 5).then(reading)));
  for (const member of cluster.members.slice(0, 2)) member.freeze();
  try {
    for (const outcome of await outcomes) {
      if (outcome.status === 'fulfilled') assert.deepEqual(outcome.value, keys);
      else assert.ok(isOutage(outcome.reason), String(outcome.reason));
    }
    await assert.rejects(store.transact(put('/none', '')), isOutage);
  } finally {
    for (const member of cluster.members) member.thaw();
  }
  for (let tries = 0; ; tries++) {
    const found = await reading().catch((error: unknown) => (tries < 20 && isOutage(error) ? undefined : Promise.reject(error)));
    if (!found) continue;
    assert.deepEqual(found, keys);
    break;
  }
  await store.close();
});

test('etcd: a quota that is reached is told at once, and over when there is room again', async () => {
  const small = await startEtcdCluster(1, { 'quota-backend-bytes': String(8 * 1024 * 1024) });
  try {
    const store = await open(small);
    const value = 'x'.repeat(500_000);
    const fill = async () => {
      for (let round = 0; round < 100; round++) await store.transact(put('/fill', value));
    };
    await assert.rejects(fill(), { code: 'STORE_FULL' });
    await assert.rejects(store.transact(put('/more', '')), { code: 'STORE_FULL' });
    await assert.rejects(store.grantLease(10), { code: 'STORE_FULL' });
    assert.equal((await store.get('/fill'))?.value, value, 'readings go on');
    await store.compact((await store.range('')).revision);
    const operator = new Etcd3({ hosts: small.options('').hosts.map((host) => `http://${host}`) });
    await operator.maintenance.defragment();
    const { alarms } = await operator.maintenance.alarm({ action: 'Get' as never });
    for (const { memberID, alarm } of alarms) await operator.maintenance.alarm({ action: 'Deactivate' as never, memberID, alarm });
    operator.close();
    assert.equal((await store.transact(put('/more', ''))).committed, true);
    await store.close();
  } finally {
    await small.remove();
  }
});
