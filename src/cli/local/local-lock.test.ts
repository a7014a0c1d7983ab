import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { withLocalLock } from './local-lock.ts';

const name = `lock-${process.pid}`;

test('one at a time, in turn, and whoever waits is told for whom', async () => {
  const order: string[] = [];
  const notes: string[] = [];
  const inside = Promise.withResolvers<void>();
  const leave = Promise.withResolvers<void>();
  const first = withLocalLock(name, assert.fail, async () => {
    inside.resolve();
    await leave.promise;
    order.push('first');
  });
  await inside.promise;
  const waits = Promise.withResolvers<void>();
  const note = (text: string) => {
    notes.push(text);
    waits.resolve();
  };
  const second = withLocalLock(name, note, async () => void order.push('second'));
  await waits.promise;
  leave.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(order, ['first', 'second']);
  assert.match(notes.join(), new RegExp(`^Waiting for process ${process.pid},`));
});

test('the lock is free again after an error, and what was thrown is passed on', async () => {
  await assert.rejects(
    withLocalLock(name, assert.fail, () => Promise.reject(new Error('broken'))),
    { message: 'broken' },
  );
  assert.equal(await withLocalLock(name, assert.fail, async () => 7), 7);
});

test('who waits too long gives up', async () => {
  await withLocalLock(name, assert.fail, async () => {
    const waiting = withLocalLock(
      name,
      () => undefined,
      async () => assert.fail(),
      0.2,
    );
    await assert.rejects(waiting, { code: 'LOCAL_UP_RUNNING', facts: { name, pid: process.pid, seconds: 0.2 } });
  });
});

test('a holder that is killed leaves no lock behind', async () => {
  const url = new URL('./local-lock.ts', import.meta.url).href;
  const script = `import { withLocalLock } from ${JSON.stringify(url)};
    await withLocalLock(${JSON.stringify(name)}, () => {}, () => new Promise(() => { console.log('held'); setInterval(() => {}, 1000); }));`;
  const holder = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  const waits = Promise.withResolvers<void>();
  const taken = withLocalLock(
    name,
    () => waits.resolve(),
    async () => 'taken',
  );
  await waits.promise;
  holder.kill('SIGKILL');
  assert.equal(await taken, 'taken');
});
