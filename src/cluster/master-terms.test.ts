import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withSimulatedTerms } from '../../test/support/simulated-terms.ts';
import { until } from '../../test/support/until.ts';
import { keys } from '../model/index.ts';
import { jobEnd } from './lib/job-end.ts';

const noop = { OP_ID: 'OP_TEST_DELAY', duration: 0 };

test('a queue whose writes are refused while the lease holds ends the term, and the next term carries on', () =>
  withSimulatedTerms(async ({ terms, store }) => {
    const first = terms.requireLead();
    await jobEnd(first.services.jobs, await first.services.jobs.submit([noop], 'alice'));
    await store.transact({ compares: [], writes: [{ type: 'put', key: keys.jobSerial, value: '7' }] });
    await assert.rejects(first.services.jobs.submit([noop], 'alice'), { code: 'QUEUE_STOPPED' });
    assert.throws(() => terms.services.jobs.list(), { code: 'MASTER_STANDS_BY' }, 'nothing is answered by a queue that stands still');
    const leading = () => {
      try {
        return terms.requireLead();
      } catch {
        return undefined;
      }
    };
    const second = await until('it leads again', leading);
    assert.ok(second.leadership.term > first.leadership.term);
    const id = await second.services.jobs.submit([noop], 'alice');
    assert.equal(id, 8, 'it goes on from what the store says');
    await jobEnd(second.services.jobs, id);
    await sleep(50);
    assert.equal(terms.requireLead(), second, 'and stays');
  }));
