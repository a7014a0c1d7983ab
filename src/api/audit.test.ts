/** Who changed what: every change of a job that is not an opcode has a line of its own. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { heardLog } from '../../test/support/heard-log.ts';
import { until } from '../../test/support/until.ts';
import { type ApiRig, reader, startApiRig, writer } from './testing/api-rig.ts';

let rig: ApiRig;
let heard: ReturnType<typeof heardLog>;
beforeEach(async () => {
  heard = heardLog();
  rig = await startApiRig({ log: heard.log });
});
afterEach(() => rig.close());

async function submit(duration: number): Promise<number> {
  const reply = await rig.client.send('POST', '/2/jobs', { user: writer, body: { ops: [{ OP_ID: 'OP_TEST_DELAY', duration }] } });
  return reply.body as number;
}

/** The audit lines of a request, without its trace, which each must have. */
async function audited(method: string, path: string, more: { body?: unknown; user?: string } = {}) {
  const before = heard.lines.length;
  const { headers, status } = await rig.client.send(method, path, { user: writer, ...more });
  const lines = heard.lines.slice(before).filter(({ facts }) => facts['audit'] === true);
  for (const { facts } of lines) assert.equal(facts['trace'], headers['gantry-trace']);
  return { status, lines: lines.map(({ text, facts: { audit: _audit, trace: _trace, ...facts } }) => ({ text, ...facts })) };
}

const ended = (id: number) => until('the job ends', async () => Boolean((await rig.services.jobs.get(id))?.end_ts));

test('a change of the priority, and one that is refused because the job has ended', async () => {
  const first = await submit(5);
  const waiting = (
    await rig.client.send('POST', '/2/jobs', {
      user: writer,
      body: { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0, depends: [[first, []]] }] },
    })
  ).body as number;
  const line = { text: 'priority of a job changed', user: 'admin', action: 'change priority', job: waiting, priority: -5 };
  assert.deepEqual(await audited('PUT', `/2/jobs/${waiting}/priority`, { body: { priority: -5 } }), { status: 200, lines: [line] });
  const cancel = { text: 'job cancelled', user: 'admin', action: 'cancel', job: first, cancelled: true };
  assert.deepEqual((await audited('DELETE', `/2/jobs/${first}`)).lines, [cancel]);
  await ended(first);
  assert.deepEqual((await audited('PUT', `/2/jobs/${first}/priority`, { body: { priority: 1 } })).lines, []);
  assert.deepEqual((await audited('DELETE', `/2/jobs/${first}`)).lines, [{ ...cancel, text: 'job not cancelled', cancelled: false }]);
});

test('archiving one job, and all that are old', async () => {
  const [one, two] = [await submit(0), await submit(0)];
  await Promise.all([one, two].map(ended));
  const line = { text: 'job archived', user: 'admin', action: 'archive', job: one };
  assert.deepEqual(await audited('POST', `/2/jobs/${one}/archive`), { status: 200, lines: [line] });
  const all = { text: 'jobs archived', user: 'admin', action: 'archive', age: 0, count: 1 };
  assert.deepEqual(await audited('POST', '/2/jobs/archive?age=0'), { status: 200, lines: [all] });
});

test('who may not change a job has no line that says so', async () => {
  const job = await submit(0);
  await ended(job);
  assert.deepEqual(await audited('POST', `/2/jobs/${job}/archive`, { user: reader }), { status: 403, lines: [] });
});
