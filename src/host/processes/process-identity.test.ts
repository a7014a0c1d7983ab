import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { identifyProcess, isAlive, readBootId, readSameProcess } from './process-identity.ts';
import { processesIn, processesInNamespace } from './processes-in.ts';
import { childrenOf, familyOf, killHard } from './signals.ts';

const ended = async (child: ChildProcess): Promise<void> => {
  const exit = once(child, 'exit');
  killHard(child.pid ?? 0);
  await exit;
};

test('a process is known until it ends; one with its number that began at another time, or before a boot, is not it', async () => {
  const child = spawn('sleep', ['60']);
  const identity = await identifyProcess(child.pid ?? 0);
  assert.ok(identity);
  assert.equal(identity.bootId, readBootId());
  assert.equal(await isAlive(identity), true);
  assert.equal((await readSameProcess(identity))?.startTicks, identity.startTicks);
  assert.equal(await isAlive({ ...identity, startTicks: identity.startTicks + 1 }), false);
  assert.equal(await isAlive({ ...identity, bootId: 'before' }), false);
  await ended(child);
  assert.equal(await isAlive(identity), false);
  assert.equal(await identifyProcess(child.pid ?? 0), undefined);
});

test('a zombie has ended', async () => {
  const parent = spawn('sh', ['-c', 'sleep 61 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const pid = Number(String((await once(parent.stdout, 'data'))[0]));
    // A shell would ask for it; the program that the shell becomes does not.
    await until('the shell has become another program', async () => (await readFile(`/proc/${parent.pid}/comm`, 'utf8')) === 'sleep\n');
    process.kill(pid, 'SIGKILL');
    await until('it has ended', async () => (await identifyProcess(pid)) === undefined);
    assert.ok((await stat(`/proc/${pid}`)).isDirectory(), 'its parent has not asked for it');
  } finally {
    await ended(parent);
  }
});

test('a process whose first thread has ended lives as long as another one does', async () => {
  // The system call that ends one thread alone. A QEMU that is killed is in this state for a moment.
  const leave = `ctypes.CDLL(None).syscall(${process.arch === 'arm64' ? 93 : 60}, 0)`;
  const script = `import ctypes, threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n${leave}`;
  const child = spawn('python3', ['-c', script], { stdio: 'ignore' });
  try {
    const state = async () => /\) (\w) /.exec(await readFile(`/proc/${child.pid}/stat`, 'utf8'))?.[1];
    await until('its first thread has ended', async () => (await state()) === 'Z');
    assert.notEqual(await identifyProcess(child.pid ?? 0), undefined);
  } finally {
    await ended(child);
  }
});

test('processes are found by their folder and by their network namespace', async () => {
  const folder = await realpath(tmpdir());
  const child = spawn('sleep', ['60'], { cwd: folder });
  try {
    await until('it is in its folder', async () => (await processesIn(folder)).includes(child.pid ?? 0));
    assert.ok(!(await processesIn('/no/such/folder')).includes(child.pid ?? 0));
    assert.ok((await processesInNamespace('/proc/self/ns/net')).some(({ pid }) => pid === child.pid));
    assert.deepEqual(await processesInNamespace('/proc/self/ns/pid'), []);
    assert.deepEqual(await processesInNamespace('/no/such/namespace'), []);
  } finally {
    await ended(child);
  }
});

test('a process is killed with all that it began; one that has ended is no error', async () => {
  const parent = spawn('sh', ['-c', 'sleep 60 & echo up; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exit = once(parent, 'exit');
  await once(parent.stdout, 'data');
  const { pid = 0 } = parent;
  const family = familyOf(pid);
  assert.deepEqual(family, [pid, ...childrenOf(pid)]);
  assert.equal(family.length, 2);
  for (const one of family) killHard(one);
  await exit;
  for (const one of family) await until('it has ended', async () => (await identifyProcess(one)) === undefined);
  killHard(pid);
  assert.deepEqual(childrenOf(2 ** 22 + 1), []);
});
