import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError, silentLog, systemClock } from '../../src/base/index.ts';
import { lead } from '../../src/cluster/lead.ts';
import { keys } from '../../src/model/index.ts';
import { delegateStore } from '../../src/store/testing/delegate-store.ts';
import { startSimulatedMaster } from '../support/simulated-master.ts';

test('a term that cannot begin leaves nothing behind: no watch of the configuration, and no leadership', async () => {
  await using open = new AsyncDisposableStack();
  const master = await startSimulatedMaster(2);
  const { simulation, store, leading } = master;
  open.defer(async () => {
    await store.close();
  });
  await leading.close();
  const watching = new Set<AbortSignal>();
  const full = delegateStore(store, {
    transact(transaction) {
      if (transaction.writes.some(({ key }) => key === keys.cluster))
        throw new GantryError('STORE_FULL', { store: 'test', detail: 'full' });
      return store.transact(transaction);
    },
    async *watch(prefix, after, signal) {
      watching.add(signal);
      yield* store.watch(prefix, after, signal);
      watching.delete(signal);
    },
  });
  const options = {
    // Another node than the one that led before, which has to be recorded.
    name: 'node2',
    clock: systemClock,
    log: silentLog,
    connect: (_config: unknown, term: number) => simulation.withTerm(term),
    authority: {
      ca: '',
      encodeToken: () => '',
      signNode: () => assert.fail('nobody joins'),
      revocationList: async () => '',
      useRevocationList: async () => undefined,
    },
    signal: new AbortController().signal,
  };
  await assert.rejects(lead({ ...options, store: full }), { code: 'STORE_FULL' });
  assert.equal(watching.size, 0);
  assert.equal(await store.get(keys.leader), undefined);
});
