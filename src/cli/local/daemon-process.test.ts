import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { run } from '../../base/index.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../host/index.ts';
import { endProcess, findDaemon, listDaemons, startDaemon, stepFacts, stopDaemon } from './daemon-process.ts';

const dir = await mkdtemp(join(tmpdir(), 'gantry-daemon-'));
after(() => rm(dir, { recursive: true, force: true }));

/** A process that ends on SIGTERM, or does not care for it. */
async function someProcess(stubborn = false): Promise<ProcessIdentity> {
  const script = `${stubborn ? "process.on('SIGTERM', () => {});" : ''} console.log('up'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  const identity = await identifyProcess(child.pid ?? 0);
  assert.ok(identity);
  return identity;
}

const writeDown = (name: string, identity: ProcessIdentity) => writeFile(join(dir, `${name}.process`), JSON.stringify(identity));

test('a daemon is stopped, and one that will not stop is killed', async () => {
  for (const stubborn of [false, true]) {
    const identity = await someProcess(stubborn);
    await writeDown('some', identity);
    assert.deepEqual(await findDaemon(dir, 'some'), identity);
    await stopDaemon(dir, 'some', 300);
    assert.equal(await isAlive(identity), false);
    assert.deepEqual(await listDaemons(dir), []);
  }
});

test('a process that got the number of a daemon that has ended is left alone', async () => {
  const identity = await someProcess();
  await writeDown('reused', { ...identity, startTicks: 1 });
  assert.equal(await findDaemon(dir, 'reused'), undefined);
  await stopDaemon(dir, 'reused');
  await writeDown('rebooted', { ...identity, bootId: 'of another boot' });
  await stopDaemon(dir, 'rebooted');
  assert.equal(await isAlive(identity), true);
  await endProcess(identity, 'the helper of this test', 5000);
});

test('the file of a daemon that an earlier version started is understood', async () => {
  const identity = await someProcess();
  const { pid, startTicks, bootId } = identity;
  const stored = (startTime: string) => writeFile(join(dir, 'earlier.process'), JSON.stringify({ pid, startTime, bootId }));
  await stored(String(startTicks));
  assert.deepEqual(await findDaemon(dir, 'earlier'), identity);
  await stored(String(startTicks + 1));
  assert.equal(await findDaemon(dir, 'earlier'), undefined);
  await rm(join(dir, 'earlier.process'));
  await endProcess(identity, 'the helper of this test', 5000);
});

test('what never ran has no process and needs no stop', async () => {
  assert.equal(await findDaemon(dir, 'never'), undefined);
  await stopDaemon(dir, 'never');
  assert.deepEqual(await listDaemons(join(dir, 'no-such-folder')), []);
  assert.equal(await identifyProcess(2 ** 22 + 1), undefined);
});

test('the facts of a failed step have the end of its log', async () => {
  const log = join(dir, 'some.log');
  await writeFile(log, Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n'));
  const { tail } = await stepFacts('starting', 'it ended', log);
  assert.equal(tail.split('\n').at(-1), 'line 49');
  assert.equal(tail.split('\n').length, 12);
  assert.equal((await stepFacts('starting', 'it ended', join(dir, 'none.log'))).tail, 'it is empty');
});

/** A daemon that goes on until it is ended, with a mark to find it by. */
const idle = (name: string) => ({ name, args: ['-e', 'setInterval(() => {}, 1000)', `${name}-${process.pid}`] });

async function countRunning(name: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return commands.filter((command) => command.includes(`${name}-${process.pid}`)).length;
}

test('a daemon that cannot be written down does not go on, as nobody would end it', async () => {
  await mkdir(join(dir, 'lost.process', 'in-the-way'), { recursive: true });
  await assert.rejects(startDaemon(dir, dir, idle('lost')));
  assert.equal(await countRunning('lost'), 0);
  await rm(join(dir, 'lost.process'), { recursive: true });
});

const notRoot = process.getuid?.() === 0 ? false : 'only root may mount';

test('where the run-time folder is full, a daemon that was there before is started and found', { skip: notRoot }, async () => {
  const full = join(dir, 'full');
  await mkdir(full);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', full]);
  try {
    await writeFile(join(full, 'known.process'), JSON.stringify({ pid: 1, startTicks: 1, bootId: 'x'.repeat(80) }));
    await assert.rejects(writeFile(join(full, 'filler'), 'x'.repeat(100_000)), { code: 'ENOSPC' });
    const identity = await startDaemon(full, dir, idle('known'));
    assert.deepEqual(await findDaemon(full, 'known'), identity);
    await assert.rejects(startDaemon(full, dir, idle('new')), { code: 'ENOSPC' });
    assert.equal(await countRunning('new'), 0);
    await stopDaemon(full, 'known');
    assert.equal(await countRunning('known'), 0);
  } finally {
    await run('umount', [full]);
  }
});
