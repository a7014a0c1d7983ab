import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { parseProcessStat } from '../../host/light.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { daemonOf, daemons, userOf } from './daemons.ts';

type Data = Parameters<typeof daemons.measure>[0];

const line = (...words: string[]) => words.map((word) => `${word}\0`).join('');
const stat = (pid: number, ticks: number, started: number, name = '(node)', state = 'S') =>
  `${pid} ${name} ${state} 1 ${pid} ${pid} 0 -1 4194560 9 0 0 0 ${ticks} 50 0 0 20 0 11 0 ${started} 1200000000 25600 18446744073709551615 1 1 0 0\n`;

const own = process.getuid?.() ?? 0;
const status = (user: number, pids = '7') =>
  `Name:\tnode\nPid:\t7\nUid:\t${user}\t${user}\t${user}\t${user}\nNSpid:\t${pids}\nThreads:\t1\n`;

test('daemons, and commands of the same words', () => {
  assert.equal(daemonOf(line('/usr/bin/node', '--disable-warning=x', '/opt/gantry/src/cli/main.ts', 'agent', '--name', 'n1')), 'agent');
  assert.equal(daemonOf(line('/usr/bin/gantry', 'monitor')), 'monitor');
  assert.equal(daemonOf(`gantry monitor${'\0'.repeat(50)}`), 'monitor');
  assert.equal(daemonOf(line('timeout', '9', 'node', 'main.ts', 'monitor')), undefined);
  for (const other of [
    line('/usr/bin/node', 'main.ts', 'node', 'list'),
    line('/usr/bin/node', 'main.ts', 'monitor', 'plugin', 'check'),
    line('vi', 'master'),
    '',
    '\0\0',
    line('gantry'),
    line('gantry', 'x'),
  ]) {
    assert.equal(daemonOf(other), undefined);
  }
});

test('a stat with blanks and parentheses in the name; cut short or garbled it is none', () => {
  const text = stat(7, 250, 12_300, '(a) b (c)');
  assert.deepEqual(parseProcessStat(text), {
    state: 'S',
    userSeconds: 2.5,
    cpuSeconds: 3,
    threads: 11,
    started: 123,
    startTicks: 12_300,
    resident: 25600 * 4096,
  });
  for (let length = 0; length < text.indexOf(' 18446744073709551615'); length++)
    assert.equal(parseProcessStat(text.slice(0, length)), undefined);
  for (const bad of [undefined, '', '\0', '7 (x) S 1 2 3', text.replace('250', 'x')]) assert.equal(parseProcessStat(bad), undefined);
});

test('daemons are found, measured, lost when they end, and not taken for another with their number', () => {
  using host = createTestHost({
    '/proc/uptime': '1000.50 2000.00\n',
    '/proc/7/cmdline': line('node', '/x/main.ts', 'agent', '--name', 'a'),
    '/proc/7/status': status(own),
    '/proc/7/stat': stat(7, 100, 90_050),
    '/proc/8/cmdline': line('node', '/x/main.ts', 'agent', '--name', 'b'),
    '/proc/8/status': status(own),
    '/proc/8/stat': stat(8, 100, 80_050),
    '/proc/9/cmdline': line('sh'),
    '/proc/10/cmdline': '',
    '/proc/meminfo': 'x',
  });
  const collect = host.begin(daemons);
  const first = collect(calmRun) as Data;
  assert.deepEqual(
    first.daemons.map(({ pid, name, memory, uptime, cpu_usage, threads }) => [pid, name, memory, uptime, cpu_usage, threads]),
    [
      [7, 'agent', 104857600, 100, 0, 11],
      [8, 'agent', 104857600, 200, 0, 11],
    ],
  );
  const text = formatSamples(daemons, first)
    .map((family) => family.text)
    .join('');
  assert.match(text, /^gantry_daemon_processes\{daemon="agent"\} 2\ngantry_daemon_resident_bytes\{daemon="agent"\} 209715200\n/);
  host.advance(15);
  host.write('/proc/7/stat', stat(7, 250, 90_050));
  host.write('/proc/8/stat', stat(8, 100, 99_000));
  host.write('/proc/11/cmdline', line('gantry', 'monitor', '--listen', 'x'));
  host.write('/proc/11/status', status(own));
  host.write('/proc/11/stat', stat(11, 0, 100_000));
  const second = collect(calmRun) as Data;
  assert.deepEqual(
    second.daemons.map(({ pid, cpu_usage }) => [pid, Math.round(cpu_usage)]),
    [
      [7, 10],
      [11, 0],
    ],
  );
  // 8 is looked at again, as it is another process now.
  assert.deepEqual(
    (collect(calmRun) as Data).daemons.map(({ pid }) => pid),
    [7, 11, 8],
  );
  host.vanish('/proc/7/stat');
  host.write('/proc/8/stat', stat(8, 100, 99_000, '(node)', 'Z'));
  host.write('/proc/11/stat', '');
  assert.deepEqual((collect(calmRun) as Data).daemons, []);
});

test('the master that leads tells of its job queue, and one that was killed does not', () => {
  const queue = (pid: number, jobs: object) => JSON.stringify({ version: 1, pid, jobs });
  using host = createTestHost({
    '/proc/uptime': '1000.50 2000.00\n',
    '/proc/7/cmdline': line('node', '/x/main.ts', 'master', '--name', 'a', '--state-dir', '/srv/a'),
    '/proc/7/status': status(own),
    '/proc/7/stat': stat(7, 100, 90_050),
    '/proc/8/cmdline': line('node', '/x/main.ts', 'master', '--state-dir=/srv/b'),
    '/proc/8/status': status(own),
    '/proc/8/stat': stat(8, 100, 80_050),
    '/proc/9/cmdline': line('gantry', 'master'),
    '/proc/9/status': status(own),
    '/proc/9/stat': stat(9, 100, 80_050),
    '/srv/a/queue.json': queue(7, { queued: 2, running: 1 }),
    '/srv/b/queue.json': queue(6, { queued: 9 }),
    '/var/lib/gantry/master/queue.json': queue(9, { queued: 1 }),
    '/proc/10/cmdline': line('gantry', 'master', '--state-dir', '/srv/c'),
    '/proc/10/status': status(own),
    '/proc/10/stat': stat(10, 100, 80_050),
    '/srv/c/queue.json': '{"version":',
  });
  const collect = host.begin(daemons);
  const report = collect(calmRun) as Data;
  const told = new Map(report.daemons.map(({ pid, jobs }) => [pid, jobs]));
  assert.deepEqual(
    [7, 8, 9, 10].map((pid) => told.get(pid)),
    [{ queued: 2, running: 1 }, undefined, { queued: 1 }, undefined],
  );
  const text = formatSamples(daemons, report).find(({ family }) => family === 'gantry_jobs')?.text;
  assert.deepEqual(text?.trim().split('\n').sort(), ['gantry_jobs{status="queued"} 3', 'gantry_jobs{status="running"} 1']);
});

test('the user of a process: none of one that was started by another, or in a container', () => {
  assert.equal(userOf(status(12)), 12);
  assert.equal(userOf(status(0).replace('NSpid:\t7\n', '')), 0, 'before Linux 4.1');
  assert.equal(userOf('Uid:\t1000\t0\t0\t0\n'), undefined, 'a program with the s bit');
  assert.equal(userOf(status(0, '7\t1')), undefined);
  for (const bad of [undefined, '', 'Uid:\t0', 'Name:\tUid:\t0\t0\t0\t0\n']) assert.equal(userOf(bad), undefined);
});

test('a command line is believed of root, of this user and of the owner of the state folder', () => {
  const files: Record<string, string> = { '/proc/uptime': '1000.50 2000.00\n', '/var/lib/gantry/master/x': '' };
  const users = { 7: 0, 8: own, 9: 54_321, 10: 54_322 };
  for (const [pid, user] of Object.entries(users)) {
    files[`/proc/${pid}/cmdline`] = line('gantry', 'agent');
    files[`/proc/${pid}/status`] = status(user);
    files[`/proc/${pid}/stat`] = stat(Number(pid), 100, 80_050);
  }
  using host = createTestHost(files);
  const { files: real } = host.context;
  const look = (path: string) => (path === '/var/lib/gantry/master' ? { uid: 54_321, mode: 0o755 } : real.look(path));
  const report = daemons.start({ ...host.context, files: { ...real, look } })(calmRun) as Data;
  assert.deepEqual(
    report.daemons.map(({ pid }) => pid),
    [7, 8, 9],
  );
});

test('what a master may leave in place of its file: a pipe, a link, another’s file, one too long, states and counts that are none', () => {
  const jobs = (told: unknown) => JSON.stringify({ version: 1, pid: 7, jobs: told });
  using host = createTestHost({
    '/proc/uptime': '1000.50 2000.00\n',
    '/proc/7/cmdline': line('gantry', 'master', '--state-dir', 'state'),
    '/proc/7/cwd/state/x': '',
    '/proc/7/status': status(own),
    '/proc/7/stat': stat(7, 100, 90_050),
    '/elsewhere': jobs({ queued: 5 }),
  });
  const collect = host.begin(daemons);
  const queue = join(host.root, '/proc/7/cwd/state/queue.json');
  const told = () => (collect(calmRun) as Data).daemons[0]?.jobs;
  const invented = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`state${i}`, 1]));
  writeFileSync(queue, jobs({ queued: 1, running: 0, ...invented, toString: 3, success: -1, error: 0.5, waiting: '3', canceled: null }));
  assert.deepEqual(told(), { queued: 1, running: 0 });
  for (const bad of [jobs(null), jobs(7), jobs([3]), jobs({ queued: 1 }) + ' '.repeat(9000)]) {
    writeFileSync(queue, bad);
    assert.deepEqual(told() ?? {}, {});
  }
  rmSync(queue);
  symlinkSync(join(host.root, 'elsewhere'), queue);
  assert.equal(told(), undefined);
  rmSync(queue);
  spawnSync('mkfifo', [queue]);
  assert.equal(told(), undefined);
  rmSync(queue);
  mkdirSync(queue);
  assert.equal(told(), undefined);
  rmSync(queue, { recursive: true });
  writeFileSync(queue, jobs({ queued: 4 }));
  assert.deepEqual(told(), { queued: 4 });
  host.write('/proc/7/status', status(own + 1));
  assert.deepEqual(told(), { queued: 4 }, 'its user was looked at when it was met');
  const { files } = host.context;
  assert.equal(files.readOwned('/proc/7/cwd/state/queue.json', own + 1, 4096), undefined);
});

test('what is kept of a daemon goes with it', () => {
  using host = createTestHost({
    '/proc/uptime': '1000.50 2000.00\n',
    '/proc/7/cmdline': line('gantry', 'agent'),
    '/proc/7/status': status(own),
    '/proc/7/stat': stat(7, 100, 90_050),
  });
  const kept = new Set<string>();
  const { histories } = host.context;
  const collect = daemons.start({
    ...host.context,
    histories: {
      take: (name, ...size) => {
        kept.add(name);
        return histories.take(name, ...size);
      },
      drop: (name) => void kept.delete(name),
    },
  });
  assert.equal((collect(calmRun) as Data).daemons.length, 1);
  assert.ok(kept.size > 0 && [...kept].every((name) => name.startsWith('7 ')));
  rmSync(join(host.root, '/proc/7'), { recursive: true });
  host.context.files.forget('/proc/7');
  assert.deepEqual((collect(calmRun) as Data).daemons, []);
  assert.equal(kept.size, 0);
});
