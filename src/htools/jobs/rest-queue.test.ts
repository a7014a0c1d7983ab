import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { GantryError } from '../../base/index.ts';
import { followJobs, submitJobs } from '../../execution/index.ts';
import { expectError } from '../sources/testing/expect-error.ts';
import { selfSigned } from '../sources/testing/self-signed.ts';
import { restQueue } from './rest-queue.ts';

/** A server that answers each request in turn with status and body, or not at all. */
async function serve(...given: (readonly [number, unknown] | 'close')[]) {
  const answers = [...given];
  const own = await selfSigned();
  const asked: string[] = [];
  const keys: unknown[] = [];
  const server = createServer(own, async (request, response) => {
    let body = '';
    for await (const piece of request) body += String(piece);
    asked.push(`${request.method} ${request.url} ${body}`);
    keys.push(request.headers['idempotency-key']);
    const next = answers.shift() ?? [500, 'nothing more'];
    if (next === 'close') {
      request.socket.destroy();
      return;
    }
    const [status, answer] = next;
    response.writeHead(status).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const queue = restQueue(`https://127.0.0.1:${port}`, { trusted: [own.cert] }, async () => undefined);
  return { queue, asked, keys, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

const origin = { program: 'hbal', comment: 'a test' };
const job = [{ OP_ID: 'OP_TEST_DELAY', duration: 1 }];

test('each job is posted, and asked for until it is over', async () => {
  await using server = await serve([200, 7], [200, 8], [200, { status: 'running' }], [200, { status: 'success' }]);
  assert.deepEqual(await submitJobs(server.queue, [job, job], origin), [7, 8]);
  assert.match(server.asked[0] ?? '', /^POST \/2\/jobs {"ops":\[{"priority":0,.*"OP_ID":"OP_TEST_DELAY","duration":1}\]}$/);
  assert.deepEqual(await followJobs(server.queue, [7], 'hbal'), ['success']);
  assert.deepEqual(server.asked.slice(2), ['GET /2/jobs/7 ', 'GET /2/jobs/7 ']);
});

test("a REST interface of Ganeti's does not take jobs; one that is refused ends it", async () => {
  await using server = await serve([501, {}], [200, 7], [409, { message: 'the queue is drained' }]);
  await expectError(() => submitJobs(server.queue, [job], origin), 'HTOOLS_JOB_REFUSED', /use -L on its master/);
  await expectError(() => submitJobs(server.queue, [job, job, job], origin), 'HTOOLS_JOB_REFUSED', /status 409: .*drained/);
  assert.equal(server.asked.length, 3);
});

test('a job that is gone, one that failed, what is refused, and a master that is away for a moment', async () => {
  const failed = { status: 'error', opstatus: ['success', 'error'], opresult: [null, ['OpExecError', ['no room']]] };
  await using server = await serve([404, {}], [200, failed], [401, {}], [503, {}], [200, { status: 'success' }]);
  assert.deepEqual(await server.queue.states([7]), [undefined]);
  assert.deepEqual(await server.queue.causes([8]), ['job 8: OpExecError: no room']);
  await expectError(() => server.queue.states([9]), 'HTOOLS_RAPI_REFUSED', /status 401/);
  assert.deepEqual(await followJobs(server.queue, [9], 'hbal'), ['success']);
});

test('a job whose answer is lost is sent again under its key; every job has a key of its own', async () => {
  await using server = await serve([503, { code: 'QUEUE_STOPPED' }], 'close', [504, {}], [200, 7], [200, 8]);
  assert.deepEqual(await submitJobs(server.queue, [job, job], origin), [7, 8]);
  assert.equal(new Set(server.asked.slice(0, 4)).size, 1);
  const [first, , , , second] = server.keys;
  assert.deepEqual(server.keys, [first, first, first, first, second]);
  assert.match(String(first), /^[0-9a-f-]{36}$/);
  assert.notEqual(first, second);
});

test('a refusal after a lost answer does not say that the job was not taken; it is not repeated', async () => {
  for (const refusal of [409, 401]) {
    await using server = await serve('close', [refusal, {}]);
    await expectError(() => submitJobs(server.queue, [job], origin), 'HTOOLS_JOB_ANSWER_LOST', new RegExp(`status ${refusal}`));
    assert.equal(server.asked.length, 2);
  }
});

test('what says that nothing was made is not repeated; what never answers is, five times', async () => {
  for (const [answer, times] of [
    [[503, { code: 'QUEUE_DRAINED' }], 1],
    [[501, {}], 1],
    [[200, 'x'], 1],
    ['close', 6],
  ] as const) {
    await using server = await serve(...Array.from({ length: 9 }, () => answer));
    await assert.rejects(submitJobs(server.queue, [job], origin));
    assert.equal(server.asked.length, times, String(answer));
  }
});

test('of jobs that belong together it is told which were taken, which may have been, and which were not', async () => {
  const outcome = async (...answers: Parameters<typeof serve>) => {
    await using server = await serve(...answers);
    const error = await submitJobs(server.queue, [job, job, job], origin).then(
      () => assert.fail('all were taken'),
      (thrown: GantryError) => thrown,
    );
    return [error.code, error.facts['taken'], error.facts['lost'], error.facts['refused'], new Set(server.keys).size];
  };
  assert.deepEqual(await outcome([200, 7], [409, { message: 'drained' }]), ['HTOOLS_JOB_REFUSED', '7', undefined, 2, 2]);
  assert.deepEqual(await outcome([503, { code: 'QUEUE_DRAINED' }]), ['HTOOLS_JOB_REFUSED', 'none', undefined, 3, 1]);
  assert.deepEqual(await outcome([503, { code: 'STORE_UNAVAILABLE' }]), ['HTOOLS_JOB_ANSWER_LOST', 'none', 1, 2, 1]);
  assert.deepEqual(await outcome([401, {}]), ['HTOOLS_JOB_REFUSED', 'none', undefined, 3, 1]);
  for (const broken of ['close', [500, 'oops'], [200, 'x']] as const) {
    assert.deepEqual(await outcome([200, 7], [200, 8], broken), ['HTOOLS_JOB_ANSWER_LOST', '7, 8', 1, 0, 3]);
    assert.deepEqual(await outcome(broken), ['HTOOLS_JOB_ANSWER_LOST', 'none', 1, 2, 1]);
  }
  const nobody = restQueue('https://127.0.0.1:1', { trusted: [] });
  await expectError(() => submitJobs(nobody, [job], origin), 'HTOOLS_JOB_REFUSED', /ECONNREFUSED/);
});
