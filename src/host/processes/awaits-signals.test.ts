import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { awaitsSignals } from './awaits-signals.ts';
import { identifyProcess, readSameProcess } from './process-identity.ts';
import { killHard } from './signals.ts';

test('a process is asked which signals it handles; one that has ended handles none', async () => {
  const script = `process.once('SIGTERM', () => console.log('told')); process.on('SIGUSR2', () => {}); console.log('up'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  const identity = await identifyProcess(child.pid ?? 0);
  assert.ok(identity);
  try {
    assert.equal(await awaitsSignals(identity, ['SIGTERM', 'SIGUSR2']), true);
    assert.equal(await awaitsSignals(identity, ['SIGTERM', 'SIGHUP']), false);
    assert.equal(await awaitsSignals({ ...identity, startTicks: identity.startTicks + 1 }, ['SIGTERM']), false);
    child.kill('SIGSTOP');
    await until('it has stopped', async () => (await readSameProcess(identity))?.state === 'T');
    child.kill('SIGTERM');
    assert.equal(await awaitsSignals(identity, ['SIGTERM']), false, 'it is on its way');
    child.kill('SIGCONT');
    await until('its handler was used up', async () => !(await awaitsSignals(identity, ['SIGTERM'])));
    assert.equal(await awaitsSignals(identity, ['SIGUSR2']), true);
  } finally {
    killHard(child.pid ?? 0);
  }
  await exit;
  assert.equal(await awaitsSignals(identity, ['SIGUSR2']), false);
});
