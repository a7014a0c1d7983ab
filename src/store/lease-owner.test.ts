import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { until } from '../../test/support/until.ts';
import { hasEnded, ownIdentity } from './lease-owner.ts';

const own = ownIdentity();
/** Since boot, as the kernel tells it of a process. */
const ticksOf = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? '';
const letterOf = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];

test('a process knows its boot, its name space, its number and when it began', () => {
  assert.deepEqual(own, {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    pidSpace: readlinkSync('/proc/self/ns/pid'),
    pid: process.pid,
    startTicks: ticksOf(process.pid),
  });
  assert.match(own.startTicks, /^\d+$/);
});

test('a process has certainly ended after a boot, or when its number is of nobody or of another', async () => {
  assert.equal(hasEnded(own, own), false);
  assert.equal(hasEnded({ ...own, startTicks: '1' }, own), true, 'a later process has its number');
  assert.equal(hasEnded({ ...own, bootId: 'before' }, own), true);
  assert.equal(hasEnded({ ...own, pidSpace: 'pid:[1]', startTicks: '1' }, own), false, 'nobody can tell from here');
  assert.equal(hasEnded({ ...own, bootId: 'before', pidSpace: 'pid:[1]' }, own), true);
  const child = spawn('sleep', ['60']);
  const { pid = 0 } = child;
  const owner = { ...own, pid, startTicks: ticksOf(pid) };
  assert.equal(hasEnded(owner, own), false);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  assert.equal(hasEnded(owner, own), true);
});

test('a process that has ended and that nobody has asked for has ended', async () => {
  // The shell becomes a program that never asks for the child that it has from the shell.
  const parent = spawn('sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(parent, 'exit');
  try {
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    await until('it is a zombie', () => letterOf(pid) === 'Z');
    assert.equal(hasEnded({ ...own, pid, startTicks: ticksOf(pid) }, own), true);
  } finally {
    parent.kill('SIGKILL');
    await ended;
  }
});
