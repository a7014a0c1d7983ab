import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatSamples } from '../host/format-samples.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { createNodeHealth, parseDiagnosis } from './node-health.ts';

test('the states of Ganeti, with and without details', () => {
  assert.deepEqual(parseDiagnosis('{"status":"Ok"}'), { status: { code: 0, message: '' }, health: 'Ok' });
  assert.deepEqual(parseDiagnosis('{"status":"live-repair","command":"fix","details":{"disk":2}}'), {
    status: { code: 4, message: 'The node needs live-repair: {"disk":2}' },
    health: 'live-repair',
    command: 'fix',
    details: { disk: 2 },
  });
  const failover = parseDiagnosis('{"status":"evacuate-failover","command":"fix","details":"fan 1"}\n');
  assert.deepEqual([failover.status.message, failover.command], ['The node needs evacuate-failover: fan 1', undefined]);
});

test('anything else is refused', () => {
  for (const bad of ['', 'null', '[]', '7', '{}', '{"status":"ok"}', '{"status":"Ok"', '{"status":1}', '\0', ' '.repeat(70_000)]) {
    assert.throws(() => parseDiagnosis(bad));
  }
});

test('only a command of the owner, where nobody else can write, is run', async () => {
  using host = createTestHost();
  const folder = join(host.root, 'bin');
  mkdirSync(folder, { mode: 0o755 });
  const owner = process.getuid?.() ?? 0;
  const nodeHealth = createNodeHealth({ folder, owner });
  const collect = host.begin(nodeHealth);
  assert.equal((await collect(calmRun)).health, 'Ok');
  host.program('diagnose', `echo '{"status":"evacuate"}'`);
  const data = await collect(calmRun);
  assert.equal(data.health, 'evacuate');
  assert.match(formatSamples(nodeHealth, data)[0]?.text ?? '', /\{health="Ok"\} 0\n.*\n.*\{health="evacuate"\} 1\n/);
  const named = { ...calmRun, command: 'check-raid' };
  await assert.rejects(async () => collect(named), /ENOENT.*check-raid/, 'what is asked for by name must be there');
  host.program('check-raid', `echo '{"status":"evacuate-failover"}'`);
  assert.equal((await collect(named)).health, 'evacuate-failover');
  chmodSync(join(folder, 'diagnose'), 0o775);
  await assert.rejects(async () => collect(calmRun), /diagnose can be written by others/);
  chmodSync(join(folder, 'diagnose'), 0o755);
  chmodSync(folder, 0o757);
  await assert.rejects(async () => collect(calmRun), /bin can be written by others/);
  chmodSync(folder, 0o755);
  await assert.rejects(async () => createNodeHealth({ folder, owner: owner + 1 }).start(host.context)(calmRun), /belongs to user/);
  host.program('diagnose', 'echo broken >&2; exit 3');
  await assert.rejects(async () => collect(calmRun), /broken/);
  host.program('diagnose', 'while :; do :; done');
  await assert.rejects(async () => collect({ signal: AbortSignal.timeout(50) }), { code: 'CANCELLED' });
});
