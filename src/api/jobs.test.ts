import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../../test/support/until.ts';
import { type ApiRig, reader, startApiRig, writer } from './testing/api-rig.ts';

let rig: ApiRig;
before(async () => {
  rig = await startApiRig({ limits: { waitMs: 300 } });
});
after(() => rig.close());

const get = (path: string, body?: unknown) => rig.client.send('GET', path, { user: reader, ...(body !== undefined && { body }) });

async function submit(...ops: Record<string, unknown>[]): Promise<number> {
  const { body, text } = await rig.client.send('POST', '/2/jobs', { user: writer, body: { ops } });
  assert.ok(Number.isInteger(body), text);
  return body as number;
}

const delay = (duration: number, more: object = {}) => ({ OP_ID: 'OP_TEST_DELAY', duration, ...more });

interface Waited {
  readonly job_info: unknown[];
  readonly log_entries: [number, [number, number], string, unknown][];
  readonly progress?: unknown;
  readonly waiting_for?: string[];
}

/** Follows a job as Ganeti's clients do, and returns the states it went through. */
async function follow(id: number): Promise<string[]> {
  const seen: string[] = [];
  for (let known: unknown[] | null = null; !['success', 'error', 'canceled'].includes(seen.at(-1) ?? ''); ) {
    const { body } = await get(`/2/jobs/${id}/wait`, { fields: ['status'], previous_job_info: known, previous_log_serial: null });
    if (body === null) continue;
    known = (body as Waited).job_info;
    seen.push(String(known[0]));
  }
  return seen;
}

test('a wait follows a job to its end', async () => {
  const states = await follow(await submit(delay(0.2)));
  assert.equal(states.at(-1), 'success');
  assert.ok(states.includes('running'), states.join());
});

test('a wait without a previous state answers at once, with query parameters as well as with a body', async () => {
  const id = await submit(delay(0));
  await follow(id);
  const byQuery = await get(`/2/jobs/${id}/wait?fields=id,status`);
  const byBody = await get(`/2/jobs/${id}/wait`, { fields: ['id', 'status'] });
  assert.deepEqual((byQuery.body as Waited).job_info, [id, 'success']);
  assert.deepEqual(byBody.body, byQuery.body);
});

test('a wait answers null when nothing changes', async () => {
  const id = await submit(delay(0));
  await follow(id);
  const serial = 1_000_000;
  const { status, body } = await get(`/2/jobs/${id}/wait`, {
    fields: ['status'],
    previous_job_info: ['success'],
    previous_log_serial: serial,
  });
  assert.deepEqual([status, body], [200, null]);
});

test('a wait with a body waits as long as one with query parameters', async () => {
  const id = await submit(delay(5));
  await until('it runs', async () => (await rig.services.jobs.get(id))?.ops[0]?.status === 'running');
  const known = { fields: ['id', 'status'], previous_job_info: [id, 'running'], previous_log_serial: null };
  const started = performance.now();
  assert.equal((await get(`/2/jobs/${id}/wait`, known)).body, null);
  assert.ok(performance.now() - started > 250, 'it did not wait');
  await rig.client.send('DELETE', `/2/jobs/${id}`, { user: writer });
  assert.equal((await follow(id)).at(-1), 'canceled');
});

test('log entries come once, by their serial', async () => {
  const id = await submit({ OP_ID: 'OP_CLUSTER_VERIFY' });
  await follow(id);
  const all = (await get(`/2/jobs/${id}/wait?fields=status`)).body as Waited;
  const serials = all.log_entries.map(([serial]) => serial);
  assert.deepEqual(
    serials,
    [...serials].sort((a, b) => a - b),
  );
  const last = serials.at(-1) ?? 0;
  const rest = await get(`/2/jobs/${id}/wait?fields=status&previous_job_info=["success"]&previous_log_serial=${last}`);
  assert.equal(rest.body, null);
});

test('with progress, the reply tells the step and what the job waits for', async () => {
  const holder = await submit(delay(1.5, { on_nodes: ['node1'] }));
  const id = await submit(delay(0, { on_nodes: ['node1'] }));
  const dependent = await submit(delay(0, { depends: [[id, []]] }));
  const lock = [`node node1 (held by job ${holder})`];
  const jobs = [`job ${id} (waiting)`];
  const waiting = async (query = '') =>
    (await get(`/2/jobs/${id}/wait?fields=status&progress=1${query}`)).body as Waited & { seen: string };
  // The first answer may come before the job asks for its locks; the next one is told what was missed.
  let reply = await waiting();
  const known = `&previous_job_info=${JSON.stringify(['waiting'])}`;
  while (reply.waiting_for?.length === 0 && reply.job_info[0] !== 'success')
    reply = await waiting(`${known}&seen=${encodeURIComponent(reply.seen)}`);
  assert.deepEqual(reply.waiting_for, [`node node1 (held by job ${holder})`]);
  const again = await waiting(`${known}&seen=null`);
  assert.deepEqual(again.waiting_for, reply.waiting_for, 'who has not seen it is told at once');
  const { body } = await get('/2/query/job?fields=id,waiting_for');
  const { data } = body as { data: [[0, number], [0, string[]]][] };
  const told = (job: number) => data.find(([[, one]]) => one === job)?.[1];
  assert.deepEqual(
    [told(holder), told(id), told(dependent)],
    [
      [0, []],
      [0, lock],
      [0, jobs],
    ],
  );
  const locks = (await get('/2/query/lock?fields=name,mode,owner,pending')).body as { data: [[0, string], ...unknown[]][] };
  const pending = [['exclusive', [String(id)]]];
  assert.deepEqual(locks.data.find(([[, name]]) => name === 'node/node1')?.slice(1), [
    [0, 'exclusive'],
    [0, [String(holder)]],
    [0, pending],
  ]);
  await Promise.all([follow(holder), follow(id), follow(dependent)]);
});

const wrongWaits: [what: string, body: unknown][] = [
  ['no fields', {}],
  ['fields that are no list', { fields: 'status' }],
  ['a previous state that is no list', { fields: ['status'], previous_job_info: 'x' }],
  ['a serial that is no number', { fields: ['status'], previous_log_serial: 'x' }],
];
for (const [what, body] of wrongWaits) {
  test(`a wait with ${what} is refused`, async () => assert.equal((await get('/2/jobs/1/wait', body)).status, 400));
}

test('a wait for a job that does not exist, or whose number is none, is refused with 404', async () => {
  assert.equal((await get('/2/jobs/424242/wait?fields=status')).status, 404);
  assert.equal((await get('/2/jobs/x1/wait?fields=status')).status, 404);
  assert.equal((await get('/2/jobs/x1')).status, 404);
});

test('a job that waits can be cancelled, one that has ended cannot', async () => {
  const holder = await submit(delay(0.5, { on_nodes: ['node2'] }));
  const id = await submit(delay(0, { on_nodes: ['node2'] }));
  const cancelled = await rig.client.send('DELETE', `/2/jobs/${id}`, { user: writer });
  assert.equal((cancelled.body as [boolean, string])[0], true);
  assert.equal((await follow(id)).at(-1), 'canceled');
  await follow(holder);
  const late = await rig.client.send('DELETE', `/2/jobs/${holder}`, { user: writer });
  assert.deepEqual([(late.body as [boolean, string])[0], late.status], [false, 200]);
});

test('the parts of a job with several opcodes are listed one by one', async () => {
  const id = await submit(delay(0), delay(0.01));
  await follow(id);
  const { body } = await get(`/2/jobs/${id}`);
  assert.deepEqual((body as { opstatus: string[] }).opstatus, ['success', 'success']);
  assert.deepEqual((body as { summary: string[] }).summary, ['TEST_DELAY(0)', 'TEST_DELAY(0.01)']);
});

test('priority, archive and the archive of old jobs', async () => {
  const holder = await submit(delay(0.4, { on_nodes: ['node3'] }));
  const id = await submit(delay(0, { on_nodes: ['node3'] }));
  const change = await rig.client.send('PUT', `/2/jobs/${id}/priority`, { user: writer, body: { priority: -5 } });
  assert.deepEqual([change.status, change.body], [200, null]);
  assert.deepEqual((await get('/2/query/job?fields=id,priority')).status, 200);
  const early = await rig.client.send('POST', `/2/jobs/${id}/archive`, { user: writer });
  assert.ok(early.status >= 400, 'a job that has not ended stays');
  await Promise.all([follow(holder), follow(id)]);
  assert.equal((await rig.client.send('POST', `/2/jobs/${id}/archive`, { user: writer })).status, 200);
  const left = (await get('/2/jobs')).body as { id: number }[];
  assert.ok(!left.some((job) => job.id === id));
  assert.equal(((await get(`/2/jobs/${id}`)).body as { status: string }).status, 'success', 'an archived job can still be read');
  const { body: count } = await rig.client.send('POST', '/2/jobs/archive?age=0', { user: writer });
  assert.ok((count as number) > 0);
});

test('locks that are held are listed, as a resource and as a query', async () => {
  const id = await submit(delay(0.5, { on_nodes: ['node4'] }));
  const held = await until('the job holds a lock', async () => {
    const locks = (await get('/2/locks')).body as { name: string; owners: number[] }[];
    return locks.find(({ owners }) => owners.includes(id));
  });
  const { body } = await get('/2/query/lock?fields=name,owner');
  const rows = (body as { data: [[0, string], [0, string[]]][] }).data;
  assert.deepEqual(rows.find(([[, name]]) => name === held.name)?.[1], [0, [String(id)]]);
  await follow(id);
});
