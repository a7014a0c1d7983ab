/** Passwords cannot be guessed quickly, from one address or many, and who has logged in before is not shut out by it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, reader, startApiRig, writer } from '../../src/api/testing/api-rig.ts';

const get = { method: 'GET', path: '/2/info' };

test('after 100 wrong passwords from one address, users who were in before go on at once; guesses are refused', {
  timeout: 60_000,
}, async () => {
  const rig = await startApiRig();
  const send = (user: string) => rig.client.send(get.method, get.path, { user });
  try {
    assert.equal((await send(writer)).status, 200);
    assert.equal((await send(reader)).status, 200);
    const since = performance.now();
    const wrong = await Promise.all(Array.from({ length: 100 }, (_, n) => send(`user${n}:guess`)));
    const count = (status: number) => wrong.filter((reply) => reply.status === status).length;
    assert.equal(count(401) + count(429), 100);
    // One more a second, and those that wait up to five for their turn.
    const most = 60 + 5 + Math.ceil((performance.now() - since) / 1000);
    assert.ok(count(401) <= most, `${count(401)} of ${most} were tried`);
    for (let time = 0; time < 20; time++) {
      assert.equal((await send(writer)).status, 200);
      assert.equal((await send(reader)).status, 200);
    }
    const health = await rig.client.send('GET', '/healthz');
    assert.equal(health.status, 200);
    const late = await send(plain);
    if (late.status !== 200) assert.ok(Number(late.headers['retry-after']) > 0);
  } finally {
    await rig.close();
  }
});

test('guesses at one account are slow for all addresses together, and nothing tells a right one from a wrong one then', async () => {
  const rig = await startApiRig({ limits: { refusalsPerMinute: 10_000 } });
  const send = (user: string) => rig.client.send(get.method, get.path, { user });
  try {
    const since = performance.now();
    const guesses = Array.from({ length: 200 }, (_, n) => send(`admin:guess${n}`));
    // It would be the right one: whoever guesses does not learn that now.
    assert.equal((await send(writer)).status, 429);
    assert.equal((await send(reader)).status, 200);
    const replies = await Promise.all(guesses);
    const tried = replies.filter(({ status }) => status === 401).length;
    // One more every three seconds, and those that wait up to five for their turn.
    const most = 20 + 2 + Math.ceil((performance.now() - since) / 3000);
    assert.ok(tried <= most, `${tried} of ${most} were tried`);
  } finally {
    await rig.close();
  }
});

test('credentials that were right are known however their header is spelled, so nobody pushes them out with spellings of his own', async () => {
  const rig = await startApiRig();
  const send = (user: string, authorization?: string) =>
    rig.client.send(get.method, get.path, { user, ...(authorization !== undefined && { headers: { authorization } }) });
  try {
    assert.equal((await send(writer)).status, 200);
    const spelled = `basic   ${Buffer.from(writer).toString('base64url')}`;
    const guesses = Array.from({ length: 60 }, (_, n) => send(`admin:guess${n}`));
    assert.equal((await send(writer, spelled)).status, 200);
    assert.equal((await send(writer)).status, 200);
    await Promise.all(guesses);
  } finally {
    await rig.close();
  }
});
