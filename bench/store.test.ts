import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { benchStore, smallSizes } from './store.ts';

test('the benchmark of the state store ends with the same configuration on both adapters', async () => {
  const options = { ...smallSizes, seed: 1, directory: tmpdir() };
  const sqlite = await benchStore({ ...options, adapter: 'sqlite' });
  const etcd = await benchStore({ ...options, adapter: 'etcd' });
  assert.equal(sqlite.hash, etcd.hash);
  for (const { sizes, transactions } of [sqlite, etcd]) {
    assert.deepEqual(
      sizes.map(({ instances }) => instances),
      smallSizes.sizes,
    );
    assert.equal(transactions.concurrent.count, smallSizes.transactions);
  }
  const otherSeed = await benchStore({ ...options, adapter: 'sqlite', seed: 2 });
  assert.notEqual(otherSeed.hash, sqlite.hash);
});
