import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onceOf } from './routes/submission-key.ts';
import { type ApiRig, startApiRig, writer } from './testing/api-rig.ts';

let rig: ApiRig;
before(async () => {
  rig = await startApiRig();
});
after(() => rig.close());

const delay = { OP_ID: 'OP_TEST_DELAY', duration: 0 };
const send = (method: string, path: string, key: string | undefined, body?: unknown) =>
  rig.client.send(method, path, {
    user: writer,
    ...(body !== undefined && { body }),
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  });
const submit = (key: string | undefined, ...ops: object[]) => send('POST', '/2/jobs', key, { ops });
const count = () => rig.services.jobs.list().length;

test('a submission that is sent again is the same job', async () => {
  const before = count();
  const replies = await Promise.all([submit('k1', delay), submit('k1', delay)]);
  const again = await submit('k1', delay);
  assert.equal(new Set([...replies, again].map(({ body }) => body)).size, 1);
  assert.equal(count(), before + 1);
});

test('the resources of Ganeti take the key, too; the time of the request does not count', async () => {
  const path = '/2/instances/nobody/startup?reason=why';
  const first = await send('PUT', path, 'k2');
  assert.equal((await send('PUT', path, 'k2')).body, first.body);
  const tag = await send('PUT', '/2/tags?tag=x', 'k3');
  assert.equal((await send('PUT', '/2/tags?tag=x', 'k3')).body, tag.body);
  assert.equal((await send('PUT', '/2/tags?tag=y', 'k3')).status, 409);
});

test('another request with the key is refused, and makes nothing', async () => {
  await submit('k4', delay);
  const before = count();
  for (const ops of [[delay, delay], [{ ...delay, comment: 'other' }]]) {
    const { status, body } = await submit('k4', ...ops);
    assert.deepEqual([status, (body as { error: { code: string } }).error.code], [409, 'SUBMISSION_KEY_REUSED']);
  }
  assert.equal(count(), before);
});

test('without a key each request is a job; a key that is none is refused', async () => {
  const [left, right] = [await submit(undefined, delay), await submit(undefined, delay)];
  assert.notEqual(left.body, right.body);
  for (const key of ['a b', 'x'.repeat(256)]) assert.equal((await submit(key, delay)).status, 400);
});

test('the order of members, what is redacted and the values of OS parameters do not count for the fingerprint', () => {
  const print = (op: object) => onceOf('k', [op], []).fingerprint;
  assert.equal(print({ a: 1, b: { c: 2, d: 3 } }), print({ b: { d: 3, c: 2 }, a: 1 }));
  assert.notEqual(print({ a: [1, 2] }), print({ a: [2, 1] }));
  for (const family of ['osparams', 'osparams_private', 'osparams_secret']) {
    assert.equal(print({ [family]: { root: 'one' } }), print({ [family]: { root: 'two' } }));
    assert.notEqual(print({ [family]: { root: 'one' } }), print({ [family]: { size: 'one' } }));
  }
  assert.notEqual(onceOf('k', [], ['gnt:user why']).fingerprint, onceOf('k', [], ['gnt:user other']).fingerprint);
});

test('the description of the API names the header where a job is made', async () => {
  const { body } = await rig.client.send('GET', '/openapi.json', { user: writer });
  const { paths } = body as { paths: Record<string, Record<string, { parameters?: { in: string; name: string }[] }>> };
  const named = (path: string, method: string) =>
    paths[path]?.[method]?.parameters?.some((one) => one.in === 'header' && one.name === 'idempotency-key') ?? false;
  assert.equal(named('/2/jobs', 'post'), true);
  assert.equal(named('/2/instances/{instance_name}/startup', 'put'), true);
  assert.equal(named('/2/jobs', 'get'), false);
});
