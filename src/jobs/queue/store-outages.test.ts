import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError, seededRandom } from '../../base/index.ts';
import { jobStatus } from '../../model/index.ts';
import type { Store, Transaction } from '../../store/index.ts';
import { effects } from '../testing/test-operations.ts';
import { create, end, hastyClock, testQueues } from '../testing/test-queues.ts';

const { start, world } = testQueues();

test('while the store fails now and then jobs pause and end as if it had not, each effect made once', async () => {
  const random = seededRandom(11);
  let failures = 0;
  /** Sent, given up, and carried out only when the next one is. */
  let late: Transaction | undefined;
  const wrap = (store: Store): Partial<Store> => ({
    async transact(transaction) {
      const luck = random();
      const outage = () => new GantryError('STORE_UNAVAILABLE', { store: 'test', detail: `failure ${++failures}` });
      const before = late;
      late = undefined;
      if (before) await store.transact(before);
      if (luck < 0.1) throw outage();
      if (luck < 0.2) {
        late = transaction;
        throw outage();
      }
      const result = await store.transact(transaction);
      if (luck < 0.4) throw outage();
      return result;
    },
  });
  const { queue, config } = await start({ wrap, clock: hastyClock });
  const names = Array.from({ length: 10 }, (_, i) => `web${i}`);
  const ids = await Promise.all(names.map((name, i) => queue.submit([create(name, i % 2 ? { os_type: 'broken' } : {})], 'alice')));
  assert.deepEqual(
    ids.toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  for (const [i, id] of ids.entries()) assert.equal(jobStatus(await end(queue, id)), i % 2 ? 'error' : 'success');
  assert.ok(failures > 10, `only ${failures} failures`);
  assert.equal((await effects(world())).length, 15);
  assert.deepEqual([...config.current.instances.values()].map(({ name }) => name).sort(), ['web0', 'web2', 'web4', 'web6', 'web8']);
});
