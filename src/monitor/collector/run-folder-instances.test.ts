import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { InstanceRuntimeFile, StoppedNote, validate } from '../../model/index.ts';
import { createTestHost, type TestHost } from '../testing/test-host.ts';
import { requireInstances } from './instance-source.ts';
import { createRunFolderInstances } from './run-folder-instances.ts';

const uuid = (digit: number) => `00000000-0000-0000-0000-00000000000${digit}`;
const stat = (startTicks: number, state = 'S', threads = 1) =>
  `20 (qemu (x)) ${state} ${'0 '.repeat(16)}${threads} 0 ${startTicks} 0 0 0\n`;
const runtime = (digit: number, changes = {}) =>
  JSON.stringify({
    version: 1,
    uuid: uuid(digit),
    name: `wéb${digit}`,
    process: { pid: 20, startTicks: 500, bootId: 'b' },
    phase: 'running',
    request: { spec: { memory: 512, vcpus: 2 }, nics: [{ tap: 'tap0' }] },
    ...changes,
  });

function hostWith(files: Record<string, string>): { host: TestHost; list: () => [string, number | undefined, string | undefined][] } {
  const host = createTestHost({ '/proc/sys/kernel/random/boot_id': 'b\n', '/proc/20/stat': stat(500), ...files });
  const source = createRunFolderInstances(host.context);
  return {
    host,
    list: () => {
      host.advance(5);
      return source.list().map(({ name, pid, phase }) => [name, pid, phase]);
    },
  };
}

test('a running instance with its sockets and devices; one that was stopped', () => {
  const at = Date.UTC(2026, 10, 23) / 1000;
  const { host, list } = hostWith({
    [`/run/gantry/instances/${uuid(1)}/runtime.json`]: runtime(1),
    [`/run/gantry/stopped/${uuid(2)}.json`]: JSON.stringify({ version: 1, uuid: uuid(2), name: 'old', at: at - 60 }),
    [`/run/gantry/stopped/${uuid(3)}.json`]: JSON.stringify({ version: 1, uuid: uuid(3), name: 'older', at: at - 90_000 }),
    [`/run/gantry/stopped/${uuid(1)}.json`]: JSON.stringify({ version: 1, uuid: uuid(1), name: 'web1', at }),
  });
  using _host = host;
  assert.deepEqual(list(), [
    ['wéb1', 20, 'running'],
    ['old', undefined, 'stopped'],
  ]);
  const [web] = createRunFolderInstances(host.context).list();
  assert.deepEqual(
    [web?.qmpSocket, web?.interfaces, web?.memory, web?.vcpus],
    [`/run/gantry/instances/${uuid(1)}/q/qmpmon`, ['tap0'], 512, 2],
  );
});

test('what is read here is what the schema of those files has; those of containers have no QMP socket', () => {
  const container = { hypervisor: 'lxc', request: { nics: [{ veth: 'veth0' }, { tap: 'tap0' }, {}], disks: [{}, { path: '/dev/vg/x' }] } };
  for (const text of [runtime(1), runtime(2, container), runtime(3, { process: null, phase: 'starting', layout: 2 })])
    validate(InstanceRuntimeFile, JSON.parse(text), 'runtime');
  validate(StoppedNote, { version: 1, uuid: uuid(1), name: 'web1', hypervisor: 'lxc', at: 1 }, 'note');
  using host = createTestHost({
    '/proc/sys/kernel/random/boot_id': 'b\n',
    '/proc/20/stat': stat(500),
    [`/run/gantry/instances/${uuid(2)}/runtime.json`]: runtime(2, container),
  });
  const [found] = createRunFolderInstances(host.context).list();
  const { hypervisor, pid, qmpSocket, interfaces, volumes } = found ?? {};
  assert.deepEqual([hypervisor, pid, qmpSocket, interfaces, volumes], ['lxc', 20, undefined, ['veth0', 'tap0'], ['vg/x']]);
});

test('another process with the number, a zombie, another boot, no process: it does not run', () => {
  const { host, list } = hostWith({
    [`/run/gantry/instances/${uuid(1)}/runtime.json`]: runtime(1),
    [`/run/gantry/instances/${uuid(2)}/runtime.json`]: runtime(2, { process: { pid: 20, startTicks: 500, bootId: 'before' } }),
    [`/run/gantry/instances/${uuid(3)}/runtime.json`]: runtime(3, { process: null, phase: 'starting' }),
  });
  using _host = host;
  const pids = () => list().map(([, pid]) => pid);
  assert.deepEqual(pids(), [20, undefined, undefined]);
  host.write('/proc/20/stat', stat(501));
  assert.deepEqual(pids(), [undefined, undefined, undefined]);
  host.write('/proc/20/stat', stat(500, 'Z'));
  assert.deepEqual(pids(), [undefined, undefined, undefined]);
  host.write('/proc/20/stat', stat(500, 'Z', 3));
  assert.deepEqual(pids(), [20, undefined, undefined], 'its other threads are still ending, and hold its disks');
  host.vanish('/proc/20/stat');
  assert.deepEqual(pids(), [undefined, undefined, undefined]);
});

test('the file is read again when its process ended, and at times when it lives', () => {
  const { host, list } = hostWith({ [`/run/gantry/instances/${uuid(1)}/runtime.json`]: runtime(1, { phase: 'incoming' }) });
  using _host = host;
  assert.equal(list()[0]?.[2], 'incoming');
  host.write(`/run/gantry/instances/${uuid(1)}/runtime.json`, runtime(1));
  assert.equal(list()[0]?.[2], 'running');
  host.vanish('/proc/20/stat');
  host.write(`/run/gantry/instances/${uuid(1)}/runtime.json`, runtime(1, { phase: 'off' }));
  assert.deepEqual(list(), [['wéb1', undefined, 'off']]);
  rmSync(join(host.root, '/run/gantry/instances', uuid(1)), { recursive: true });
  assert.deepEqual(list(), []);
});

test('DRBD devices and logical volumes that QEMU was given; files and other devices are none', () => {
  const paths = [
    '/dev/drbd12',
    '/dev/xenvg/web1.disk0',
    '/dev/mapper/xen--vg-web1--data',
    '/srv/web1/disk0',
    '/dev/sdb',
    '/dev/drbd',
    '/dev/mapper/x',
  ];
  using host = createTestHost({
    [`/run/gantry/instances/${uuid(1)}/runtime.json`]: runtime(1, { request: { nics: [], disks: paths.map((path) => ({ path })) } }),
    [`/run/gantry/instances/${uuid(2)}/runtime.json`]: runtime(2),
  });
  const [web, other] = createRunFolderInstances(host.context).list();
  assert.deepEqual([web?.drbdMinors, web?.volumes], [[12], ['xenvg/web1.disk0', 'xen-vg/web1-data']]);
  assert.deepEqual([other?.drbdMinors, other?.volumes], [undefined, undefined]);
});

test('of several with the same name one stands: what is there, not what was stopped, and of that the latest', () => {
  const at = Date.UTC(2026, 10, 23) / 1000;
  const note = (digit: number, name: string, ago: number) =>
    JSON.stringify({ version: 1, uuid: uuid(digit), name, at: at - ago, hypervisor: 'lxc' });
  using host = createTestHost({
    '/proc/sys/kernel/random/boot_id': 'b\n',
    '/proc/20/stat': stat(500),
    [`/run/gantry/instances/${uuid(1)}/runtime.json`]: runtime(1),
    [`/run/gantry/stopped/${uuid(2)}.json`]: note(2, 'wéb1', 60),
    [`/run/gantry/stopped/${uuid(3)}.json`]: note(3, 'db', 90),
    [`/run/gantry/stopped/${uuid(4)}.json`]: note(4, 'db', 30),
  });
  const source = createRunFolderInstances(host.context);
  source.learn?.('docker', [
    { name: 'wéb1', hypervisor: 'docker', pid: 5, interfaces: [] },
    { name: 'cache', hypervisor: 'docker', pid: 6, interfaces: [] },
  ]);

  assert.deepEqual(
    source.list().map(({ name, pid, stoppedAt }) => [name, pid, stoppedAt]),
    [
      ['wéb1', 20, undefined],
      ['cache', 6, undefined],
      ['db', undefined, at - 30],
    ],
  );
});

test('no folder, empty, cut short, garbage, another version', () => {
  const { host, list } = hostWith({});
  using _host = host;
  assert.deepEqual(list(), []);
  for (const [digit, text] of [
    '',
    runtime(1).slice(0, 40),
    '\0',
    '[]',
    'null',
    runtime(1, { version: 2 }),
    '{"version":1}',
    runtime(1, { request: { nics: 7 } }),
    runtime(1, { request: { disks: [null] } }),
  ].entries()) {
    host.write(`/run/gantry/instances/${uuid(digit)}/runtime.json`, text);
  }
  host.write('/run/gantry/stopped/x', '{');
  assert.deepEqual(list(), []);
});

test('a folder that cannot be read is a problem of those only who are about instances', () => {
  using host = createTestHost({ '/run/gantry/instances': 'no folder', '/proc/sys/kernel/random/boot_id': 'b' });
  const denied = Object.assign(new Error('EACCES: not for you'), { code: 'EACCES' });
  const files = {
    ...host.context.files,
    list: () => {
      throw denied;
    },
  };
  const source = createRunFolderInstances({ ...host.context, files });
  assert.deepEqual(source.list(), []);
  assert.throws(() => requireInstances(source), /not for you/);
});
