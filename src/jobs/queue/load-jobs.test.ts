import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { keys } from '../../model/index.ts';
import { openSqliteStore, type RangeOptions, type Store } from '../../store/index.ts';
import { running, waiting } from '../record/job-changes.ts';
import { alice } from '../testing/queue-fixture.ts';
import { buildJob } from './build-job.ts';
import { loadArchivedJob, loadJobs } from './load-jobs.ts';

const dir = await mkdtemp(join(tmpdir(), 'gantry-load-'));
after(() => rm(dir, { recursive: true, force: true }));
let stores = 0;

const job = (id: number) => buildJob(id, [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }], alice, 1000, []);
const put = (key: string, value: unknown) =>
  ({ type: 'put', key, value: typeof value === 'string' ? value : JSON.stringify(value) }) as const;
const open = () => openSqliteStore(join(dir, `${stores++}.db`));

test('more jobs than one reading takes are loaded, in order, once each', async () => {
  const store = await open();
  const ids = Array.from({ length: 1203 }, (_, index) => index + 1);
  for (let at = 0; at < ids.length; at += 100) {
    await store.transact({ compares: [], writes: ids.slice(at, at + 100).map((id) => put(keys.job(id), job(id))) });
  }
  const asked: (RangeOptions | undefined)[] = [];
  const range: Store['range'] = (prefix, options) => (asked.push(options), store.range(prefix, options));
  const loaded = await loadJobs({ ...store, range, get: (key) => store.get(key) } as Store);
  assert.deepEqual(asked, [{ limit: 500 }, { limit: 500, after: keys.job(500) }, { limit: 500, after: keys.job(1000) }]);
  assert.deepEqual(
    loaded.records.map(({ id }) => id),
    ids,
  );
  assert.deepEqual([loaded.nextId, loaded.serialRevision], [1204, 0]);
  assert.equal(loaded.revision, (await store.range('')).revision);
  await store.close();
});

test('the next number is behind the serial and behind every job, whichever is higher', async () => {
  const store = await open();
  const outcome = await store.transact({ compares: [], writes: [put(keys.job(7), job(7)), put(keys.jobSerial, '12')] });
  assert(outcome.committed);
  const { nextId, serialRevision } = await loadJobs(store);
  assert.deepEqual([nextId, serialRevision], [13, outcome.revision]);
  await store.transact({ compares: [], writes: [put(keys.job(20), job(20))] });
  assert.equal((await loadJobs(store)).nextId, 21);
  await store.close();
});

test('what was only shown is queued again; revisions are those of the store', async () => {
  const store = await open();
  const begun = running(0, [5, 0])(waiting(0, [4, 0])(job(1)));
  const outcome = await store.transact({ compares: [], writes: [put(keys.job(1), begun)] });
  assert(outcome.committed);
  const [record] = (await loadJobs(store)).records;
  assert.deepEqual([record?.job.ops[0]?.status, record?.job.ops[0]?.start_ts, record?.revision], ['queued', null, outcome.revision]);
  await store.close();
});

test('a damaged job is told with its key, whatever is wrong with it, and no job is dropped', async () => {
  for (const damaged of [
    '',
    '{',
    'null',
    '{"id":2}',
    JSON.stringify({ ...job(2), ops: 'none' }),
    JSON.stringify({ ...job(2), id: 'two' }),
  ]) {
    const store = await open();
    await store.transact({
      compares: [],
      writes: [put(keys.job(1), job(1)), put(keys.job(2), damaged), put(keys.archivedJob(3), damaged)],
    });
    const told = (key: string) => (error: { code?: string; message?: string }) =>
      error.code === 'STORE_OBJECT_CORRUPT' && String(error.message).includes(key);
    await assert.rejects(loadJobs(store), told(keys.job(2)), damaged);
    await assert.rejects(loadArchivedJob(store, 3), told(keys.archivedJob(3)), damaged);
    assert.equal(await loadArchivedJob(store, 4), undefined);
    await store.close();
  }
});
