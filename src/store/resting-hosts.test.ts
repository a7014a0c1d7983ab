import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestingHosts } from './resting-hosts.ts';

const silence = new Error('no answer');
const isSilence = (error: unknown) => error === silence;

test('a host that did not answer rests for its time, and others go on', async () => {
  let now = 1000;
  const hosts = new RestingHosts(['a', 'b'], 500, () => now);
  await assert.rejects(
    hosts.call('a', () => Promise.reject(silence), isSilence),
    silence,
  );
  let made = 0;
  const call = () => ++made;
  await assert.rejects(hosts.call('a', call, isSilence), /did not answer lately/);
  assert.equal(await hosts.call('b', call, isSilence), 1);
  now += 499;
  assert.equal(hosts.rests('a'), true);
  now += 1;
  assert.equal(await hosts.call('a', call, isSilence), 2);
});

test('when all rest, all are asked', async () => {
  const hosts = new RestingHosts(['a', 'b'], 500, () => 0);
  for (const host of ['a', 'b'])
    await assert.rejects(
      hosts.call(host, () => Promise.reject(silence), isSilence),
      silence,
    );
  assert.deepEqual([hosts.rests('a'), hosts.rests('b')], [false, false]);
});

test('an answer that is an error is an answer', async () => {
  const hosts = new RestingHosts(['a', 'b'], 500, () => 0);
  await assert.rejects(
    hosts.call('a', () => Promise.reject(new Error('compacted')), isSilence),
    /compacted/,
  );
  assert.equal(hosts.rests('a'), false);
});
