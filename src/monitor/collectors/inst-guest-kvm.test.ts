import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../test/support/until.ts';
import { formatSamples } from '../../base/index.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { guestStates } from './guest-states.ts';
import { instGuestKvm } from './inst-guest-kvm.ts';
import { parseAccelerated, parseBalloonStats, parseBlockStats, parseState } from './parse-guest-answers.ts';

type Data = Parameters<typeof instGuestKvm.measure>[0];

test('balloon statistics: what the guest does not tell is left out', () => {
  const stats = { 'stat-total-memory': 1000, 'stat-free-memory': 0, 'stat-swap-in': -1, 'stat-swap-out': 2 ** 64, 'stat-htlb-pgalloc': 3 };
  assert.deepEqual(parseBalloonStats({ stats, 'last-update': 5 }), { total: 1000, free: 0 });
  for (const nothing of [null, undefined, 7, 'x', [], {}, { stats: null }, { stats: { 'stat-total-memory': '9' } }]) {
    assert.deepEqual(parseBalloonStats(nothing), {});
  }
});

test('whether KVM helps', () => {
  assert.deepEqual([{ enabled: true, present: true }, { enabled: false }, new Error('x'), undefined, {}].map(parseAccelerated), [
    true,
    false,
    null,
    null,
    null,
  ]);
});

test('a QEMU that makes things up makes no endless labels and texts', () => {
  const disks = Array.from({ length: 5000 }, (_, i) => ({ device: `made-up-${i}`, stats: {} }));
  assert.equal(parseBlockStats(disks).length, 64);
  assert.deepEqual(parseBlockStats([{ device: 'x'.repeat(200_000), stats: {} }]), []);
  for (const status of ['x'.repeat(1000), 'Evil\n', '', 7, {}, null]) assert.equal(parseState({ status }, {}).state, 'unknown');
  assert.equal(parseState({ status: 'guest-panicked' }, {}).state, 'guest-panicked');
});

test('a link in place of a socket is not followed', async () => {
  using host = createTestHost();
  const [own, other] = [join(host.root, 'own'), join(host.root, 'other')];
  using qemu = await fakeQemu(other, running);
  symlinkSync(other, own);
  host.instances = [{ name: 'web1', hypervisor: 'kvm', pid: 1, qmpSocket: own, interfaces: [] }];
  const [guest] = (await host.begin(instGuestKvm)(calmRun)) as Data;
  assert.match(guest && 'problem' in guest ? guest.problem : '', /own is not used: it is not a socket/);
  assert.equal(qemu.connections, 0);
});

test('disk statistics of old and new QEMU', () => {
  const stats = {
    rd_bytes: 1,
    wr_bytes: 2,
    rd_operations: 3,
    wr_operations: 4,
    flush_operations: 5,
    rd_total_time_ns: 5e8,
    failed_wr_operations: 7,
  };
  const expected = { readBytes: 1, writtenBytes: 2, reads: 3, writes: 4, flushes: 5, readTime: 0.5, writeTime: 0, failed: 7 };
  const entries = [
    { device: '', qdev: '/machine/peripheral/disk0/virtio-backend', 'node-name': 'disk0-format', stats },
    { device: 'drive-ide0', stats },
    { device: '', 'node-name': 'x', stats },
    null,
    { device: 'cd', stats: 'garbage' },
  ];
  assert.deepEqual(
    parseBlockStats(entries).map(({ device }) => device),
    ['disk0', 'drive-ide0', 'cd'],
  );
  assert.deepEqual(parseBlockStats(entries)[0], { device: 'disk0', ...expected });
  for (const nothing of [null, undefined, {}, 'x', 3]) assert.deepEqual(parseBlockStats(nothing), []);
});

/** A QEMU of a kind: `answer` may give nothing, and so hang. */
async function fakeQemu(path: string, answer: (command: string, socket: Socket) => unknown) {
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    connections++;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.write('{"QMP": {}}\n');
    socket.on('data', (data) => {
      for (const line of data.toString().split('\n').filter(Boolean)) {
        const { execute, id } = JSON.parse(line) as { execute: string; id: number };
        const value = execute === 'qmp_capabilities' ? {} : answer(execute, socket);
        if (value !== undefined) socket.write(`${JSON.stringify({ return: value, id })}\n`);
      }
    });
  }).listen(path);
  await once(server, 'listening');
  return {
    get connections() {
      return connections;
    },
    get open() {
      return open.size;
    },
    [Symbol.dispose]: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

const running = (command: string) => ({ 'query-status': { status: 'running' }, 'query-kvm': { enabled: true } })[command] ?? {};

test('one connection each instance, kept, opened again when lost, closed when the instance has gone', async () => {
  using host = createTestHost();
  const socket = join(host.root, 'qmp');
  let lose = false;
  using qemu = await fakeQemu(socket, (command, connection) => {
    if (lose) connection.destroy();
    return lose ? undefined : running(command);
  });
  host.instances = [
    { name: 'web1', hypervisor: 'kvm', pid: 1, qmpSocket: socket, interfaces: [] },
    { name: 'c1', hypervisor: 'lxc', pid: 2, interfaces: [] },
  ];
  const collect = host.begin(instGuestKvm);
  for (let i = 0; i < 3; i++)
    assert.deepEqual((await collect(calmRun)) as Data, [
      { name: 'web1', state: 'running', balloon: null, accelerated: true, memory: {}, disks: [] },
    ]);
  assert.equal(qemu.connections, 1);
  lose = true;
  const [lost] = (await collect(calmRun)) as Data;
  assert.ok(lost && 'problem' in lost && lost.problem.length > 10);
  lose = false;
  assert.deepEqual(await collect(calmRun), [lost], 'it is left alone for a while');
  host.advance(20);
  assert.match(JSON.stringify(await collect(calmRun)), /running/);
  assert.equal(qemu.connections, 2);
  host.instances = [];
  assert.deepEqual(await collect(calmRun), []);
  await until('no connection is open', () => qemu.open === 0);
});

test('one that hangs, one that talks rubbish, one without a socket: the others are told of', async () => {
  using host = createTestHost();
  const path = (name: string) => join(host.root, name);
  using _hung = await fakeQemu(path('hung'), () => undefined);
  using _good = await fakeQemu(path('good'), running);
  using _rubbish = await fakeQemu(path('rubbish'), (_, socket) => socket.write('{{{\n') && undefined);
  host.instances = ['hung', 'rubbish', 'missing', 'good'].map((name) => ({
    name,
    hypervisor: 'kvm',
    pid: 1,
    qmpSocket: path(name),
    interfaces: [],
  }));
  const data = (await host.begin(instGuestKvm)(calmRun)) as Data;
  assert.deepEqual(
    data.map((guest) => [guest.name, 'state' in guest ? guest.state : guest.hangs]),
    [
      ['hung', true],
      ['rubbish', false],
      ['missing', false],
      ['good', 'running'],
    ],
  );
  assert.deepEqual(host.context.kept(guestStates), new Map(Object.entries({ hung: 'silent', good: 'running' })));
  const [isRunning, isAccelerated] = formatSamples(instGuestKvm, data);
  assert.equal(isRunning?.text, 'gantry_guest_running{instance="good"} 1\n');
  assert.equal(isAccelerated?.text, 'gantry_guest_accelerated{instance="good"} 1\n');
});

test('a collector that begins anew takes the connections over', async () => {
  using host = createTestHost();
  const socket = join(host.root, 'qmp');
  using qemu = await fakeQemu(socket, running);
  host.instances = [{ name: 'web1', hypervisor: 'kvm', pid: 1, qmpSocket: socket, interfaces: [] }];
  await host.begin(instGuestKvm)(calmRun);
  assert.match(JSON.stringify(await host.begin(instGuestKvm)(calmRun)), /running/);
  assert.equal(qemu.connections, 1);
});

test('when time is up all are told of, and a collector that begins anew still leaves those alone that did not answer', async () => {
  using host = createTestHost();
  const path = (name: string) => join(host.root, name);
  const slow = Array.from({ length: 16 }, (_, i) => `slow${i}`);
  let asked = 0;
  const release = Promise.withResolvers<void>();
  using servers = new DisposableStack();
  for (const name of slow) {
    const qemu = await fakeQemu(path(name), (command, socket) => {
      if (command === 'query-kvm') asked++;
      void release.promise.then(() => socket.destroy());
    });
    servers.use(qemu);
  }
  servers.use(await fakeQemu(path('good'), running));
  host.instances = [...slow, 'good'].map((name) => ({ name, hypervisor: 'kvm', pid: 1, qmpSocket: path(name), interfaces: [] }));
  host.context.kept(guestStates).set('good', 'paused');
  const time = new AbortController();
  const collecting = host.begin(instGuestKvm)({ signal: time.signal });
  await until('all slow guests are asked', () => asked >= slow.length);
  time.abort();
  assert.deepEqual(await collecting, [
    ...slow.map((name) => ({ name, hangs: false, problem: 'no answer in time' })),
    { name: 'good', hangs: false, problem: 'not queried: other instances took all the time' },
  ]);
  assert.deepEqual([...host.context.kept(guestStates)], [['good', 'paused']], 'it is what it was');
  release.resolve();
  await sleep(50);
  const data = (await host.begin(instGuestKvm)(calmRun)) as Data;
  assert.deepEqual(data.map((guest) => 'state' in guest && guest.state).filter(Boolean), ['running']);
  assert.equal(asked, slow.length, 'nobody was asked again');
});

test('a real QEMU', async () => {
  using host = createTestHost({ disk: Buffer.alloc(65_536) });
  mkdirSync(join(host.root, 'q'));
  const socket = join(host.root, 'q/qmp');
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-display', 'none', '-S', '-accel', 'tcg', '-machine', 'pc', '-m', '64'],
      ...['-qmp', `unix:${socket},server=on,wait=off`, '-device', 'virtio-balloon-pci,id=balloon0'],
      ...['-blockdev', `driver=file,node-name=d0,filename=${join(host.root, 'disk')}`, '-device', 'virtio-blk-pci,id=disk0,drive=d0'],
    ],
    { stdio: 'ignore' },
  );
  try {
    await until('QEMU has its socket', () => existsSync(socket));
    host.instances = [{ name: 'web1', hypervisor: 'kvm', pid: child.pid as number, qmpSocket: socket, interfaces: [] }];
    const collect = host.begin(instGuestKvm);
    const [guest] = (await collect(calmRun)) as Data;
    assert.ok(guest && 'state' in guest, JSON.stringify(guest));
    assert.deepEqual([guest.state, guest.balloon, guest.memory, guest.accelerated], ['prelaunch', 64 * 1024 * 1024, {}, false]);
    assert.deepEqual(
      guest.disks.map(({ device, reads }) => [device, reads]),
      [['disk0', 0]],
    );
    child.kill();
    await once(child, 'exit');
    const [gone] = (await collect(calmRun)) as Data;
    assert.ok(gone && 'problem' in gone);
  } finally {
    child.kill('SIGKILL');
  }
});
