import { writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../store/index.ts';
import type { OpInput } from '../job-queue.ts';
import { openFixture } from './queue-fixture.ts';
import { testOperations } from './test-operations.ts';
import { end } from './test-queues.ts';

/**
 * A master for the crash tests, run as a process of its own: prepares, submits, waits, and kills itself with SIGKILL
 * at the point with the given number. Points lie before and after every write of the store and every effect.
 */
export interface CrashOrder {
  readonly dir: string;
  readonly submit: readonly OpInput[];
  /** 1-based; 0: never. */
  readonly killAt: number;
}

async function runChild(order: CrashOrder): Promise<void> {
  let armed = false;
  let points = 0;
  const point = () => {
    if (armed && ++points === order.killAt) process.kill(process.pid, 'SIGKILL');
  };
  const wrap = (store: Store): Partial<Store> => ({
    async transact(transaction) {
      point();
      const result = await store.transact(transaction);
      point();
      return result;
    },
  });
  const operations = testOperations({ dir: join(order.dir, 'world'), point });
  const fixture = await openFixture(order.dir, { operations, wrap, idle: true });
  armed = true;
  await fixture.queue.start();
  const submit = async (op: OpInput) => {
    const id = await fixture.queue.submit([op], 'alice');
    writeSync(1, `acknowledged ${id}\n`);
  };
  await Promise.all(order.submit.map(submit));
  // A job may submit others.
  for (let at = 0; at < fixture.queue.list().length; at++) await end(fixture.queue, fixture.queue.list()[at]?.id ?? 0);
  armed = false;
  process.stdout.write(`points ${points}\n`);
  await fixture.close();
}

if (import.meta.main) await runChild(JSON.parse(process.argv[2] ?? '{}') as CrashOrder);
