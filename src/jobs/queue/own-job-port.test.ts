import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import type { JobQueue } from '../job-queue.ts';
import { alice } from '../testing/queue-fixture.ts';
import { ownJobPort } from './own-job-port.ts';

const answerTo = (error: Error) =>
  ownJobPort({ submitMany: () => Promise.reject(error) } as unknown as JobQueue, alice).submit([[{ OP_ID: 'OP_TEST_DELAY', duration: 0 }]]);

test('jobs that were refused before one was stored are told as refused', async () => {
  const invalid = new GantryError('INPUT_INVALID', { subject: 'job', field: 'x', problem: 'must be y' });
  const hidden = new GantryError('API_OBJECT_UNKNOWN', { object: 'instance', name: 'web1' });
  const large = new GantryError('JOB_TOO_LARGE', { job: 7, bytes: 2, limit: 1 });
  for (const error of [invalid, hidden, large, new GantryError('QUEUE_DRAINED'), new GantryError('QUEUE_FULL', { count: 20_000 })]) {
    assert.deepEqual(await answerTo(error), [{ refused: error.message }]);
  }
});

test('after any other error some jobs may be there', async () => {
  const stopped = new GantryError('QUEUE_STOPPED', { reason: 'it was stopped' });
  const lost = new GantryError('STORE_UNAVAILABLE', { store: 'test', detail: 'lost' });
  for (const error of [stopped, lost, GantryError.from(new Error('a defect'))])
    assert.deepEqual(await answerTo(error), [{ lost: error.message }]);
});
