import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { createCommandRunner } from './command-runner.ts';

test('one that has not ended is not run again before it has', { timeout: 30_000 }, async () => {
  using host = createTestHost();
  host.program('lvs', '/bin/sleep 0.3 & exec /bin/sleep 60');
  host.program('other', 'echo well');
  const commands = createCommandRunner(join(host.root, 'bin'));
  const hanging = commands.output('lvs', [], AbortSignal.timeout(50)).catch((error: Error) => error);
  await assert.rejects(commands.output('lvs', [], calmRun.signal), /lvs from an earlier run has not ended/);
  assert.equal(await commands.output('other', [], calmRun.signal), 'well\n');
  await sleep(100);
  host.program('lvs', 'echo again');
  await assert.rejects(commands.output('lvs', [], calmRun.signal), /has not ended/, 'what it began may still print');
  assert.ok((await hanging) instanceof Error);
  assert.equal(await commands.output('lvs', [], calmRun.signal), 'again\n');
  assert.equal(await commands.output('nosuch', [], calmRun.signal), undefined);
  assert.equal(await commands.output('nosuch', [], calmRun.signal), undefined);
});
