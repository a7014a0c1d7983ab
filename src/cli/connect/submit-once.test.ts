import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import type { HttpClient, RequestOptions } from './http-client.ts';
import { errorFromReply } from './reported-error.ts';
import { submitOnce } from './submit-once.ts';

const ops = [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }];
const unreachable = (code: string) => new GantryError('CLI_CLUSTER_UNREACHABLE', { url: 'x', detail: code }, { cause: { code } });
const timedOut = new GantryError('TIMED_OUT', { subject: 'x', seconds: 30 });
const reported = (status: number, code: string) => errorFromReply(status, { error: { code, what: code, why: '', todo: '', facts: {} } });

/** A server that answers so, one after the other. */
function server(...answers: (number | Error)[]) {
  const seen: RequestOptions[] = [];
  const request = async (_method: string, _path: string, options: RequestOptions = {}) => {
    seen.push(options);
    const answer = answers[seen.length - 1] ?? answers.at(-1);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const run = () => submitOnce({ request } as unknown as HttpClient, ops, async () => undefined);
  return { seen, run, keys: () => seen.map(({ headers }) => headers?.['idempotency-key']) };
}

for (const lost of [unreachable('ECONNRESET'), timedOut, reported(504, 'API_HANDLER_TIMED_OUT'), reported(503, 'QUEUE_STOPPED')]) {
  test(`a lost answer is asked for again under the same key: ${lost.message}`, async () => {
    const { run, seen, keys } = server(lost, unreachable('ECONNREFUSED'), 7);
    assert.equal(await run(), 7);
    assert.equal(new Set(keys()).size, 1);
    assert.match(String(keys()[0]), /^[0-9a-f-]{36}$/);
    assert.deepEqual(new Set(seen.map(({ body }) => JSON.stringify(body))).size, 1);
  });
}

for (const final of [
  unreachable('ECONNREFUSED'),
  reported(400, 'INPUT_INVALID'),
  reported(503, 'QUEUE_DRAINED'),
  reported(500, 'INTERNAL'),
]) {
  test(`what says that nothing was made is not repeated: ${final.message}`, async () => {
    const { run, seen } = server(final, 7);
    await assert.rejects(run(), final);
    assert.equal(seen.length, 1);
  });
}

test('a refusal after a lost answer is final; so is the end of patience', async () => {
  const refused = server(timedOut, reported(409, 'SUBMISSION_KEY_REUSED'));
  await assert.rejects(refused.run(), { message: 'SUBMISSION_KEY_REUSED' });
  const never = server(timedOut);
  await assert.rejects(never.run(), timedOut);
  assert.equal(never.seen.length, 6);
});

test('every submission has a key of its own', async () => {
  const { run, keys } = server(7);
  await run();
  await run();
  assert.equal(new Set(keys()).size, 2);
});
