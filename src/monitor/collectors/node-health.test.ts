import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import type { CollectRun } from '../collector/collector.ts';
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

test('only a command of the owner, where nobody else can write, is run; of what cannot be run or fails nothing is known', async () => {
  using host = createTestHost();
  const folder = join(host.root, 'bin');
  mkdirSync(folder, { mode: 0o755 });
  const owner = process.getuid?.() ?? 0;
  const nodeHealth = createNodeHealth({ folder, owner });
  const collect = host.begin(nodeHealth);
  const unknown = async (run: CollectRun = calmRun, collector = nodeHealth) => {
    const { status, health, ...others } = await host.begin(collector)(run);
    assert.deepEqual([status.code, health, others], [2, 'unknown', {}]);
    return status.message;
  };
  assert.equal((await collect(calmRun)).health, 'Ok');
  host.program('diagnose', `echo '{"status":"evacuate"}'`);
  const data = await collect(calmRun);
  assert.equal(data.health, 'evacuate');
  assert.match(
    formatSamples(nodeHealth, data)[0]?.text ?? '',
    /\{health="Ok"\} 0\n.*\n.*\{health="evacuate"\} 1\n[^]*\{health="unknown"\} 0\n/,
  );
  const named = { ...calmRun, command: 'check-raid' };
  assert.match(
    await unknown(named),
    /^The diagnose command check-raid fails: ENOENT.*bin\/check-raid/,
    'what is asked for by name must be there',
  );
  host.program('check-raid', `echo '{"status":"evacuate-failover"}'`);
  assert.equal((await collect(named)).health, 'evacuate-failover');
  for (const command of ['../bin/check-raid', '.hidden', 'a/b', ''])
    assert.match(await unknown({ ...calmRun, command }), /not the name of a file/);
  chmodSync(join(folder, 'diagnose'), 0o775);
  assert.match(await unknown(), /diagnose is writable by users other/);
  chmodSync(join(folder, 'diagnose'), 0o755);
  chmodSync(folder, 0o757);
  assert.match(await unknown(), /bin is writable by users other/);
  chmodSync(folder, 0o755);
  assert.match(await unknown(calmRun, createNodeHealth({ folder, owner: owner + 1 })), /belongs to user/);
  host.program('diagnose', 'echo broken >&2; exit 3');
  assert.match(await unknown(), /broken/);
  host.program('diagnose', 'echo fine');
  assert.match(await unknown(), /fails: [^]*JSON/);
  host.write('bin/diagnose', '#!/no/such/shell\n');
  assert.match(await unknown(), /missing/);
  chmodSync(join(folder, 'diagnose'), 0o644);
  assert.match(await unknown(), /EACCES/);
  host.program('diagnose', 'while :; do :; done');
  assert.match(await unknown({ signal: AbortSignal.timeout(50) }), /did not end in time/);
  assert.match(formatSamples(nodeHealth, await collect({ signal: AbortSignal.abort() }))[0]?.text ?? '', /\{health="unknown"\} 1\n$/);
});

test('a command may be a link to a file that nobody else can change', async () => {
  using host = createTestHost();
  const owner = process.getuid?.() ?? 0;
  mkdirSync(join(host.root, 'commands'), { mode: 0o755 });
  mkdirSync(join(host.root, 'bin'), { mode: 0o755 });
  host.program('check', `echo '{"status":"Ok"}'`);
  symlinkSync(join(host.root, 'bin/check'), join(host.root, 'commands/diagnose'));
  const collect = host.begin(createNodeHealth({ folder: join(host.root, 'commands'), owner }));
  assert.equal((await collect(calmRun)).health, 'Ok');
  chmodSync(join(host.root, 'bin'), 0o777);
  const { status } = await collect(calmRun);
  assert.match(status.message, /bin is writable by users other/);
});
