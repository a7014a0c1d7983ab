import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { connectQmp } from '../../base/index.ts';
import { connectGuest, type GuestConnection } from './connect-guest.ts';

/** A QEMU that counts what it is asked, with a clock of its own. */
async function countingQemu() {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-guest-'));
  const asked: string[] = [];
  const guest = { status: 'running', actual: 1000, enabled: false };
  let socket: Socket | undefined;
  let time = 0;
  const answers: Readonly<Record<string, () => unknown>> = {
    'query-kvm': () => ({ enabled: guest.enabled, present: true }),
    'query-status': () => ({ status: guest.status }),
    'query-balloon': () => ({ actual: guest.actual }),
    'qom-get': () => ({ stats: { 'stat-total-memory': time } }),
    'query-blockstats': () => [{ qdev: '/machine/peripheral/disk0', stats: { rd_bytes: time } }],
  };
  const server = createServer((connection) => {
    socket = connection.on('error', () => undefined);
    connection.write('{"QMP": {}}\n');
    connection.on('data', (data) => {
      for (const line of data.toString().split('\n').filter(Boolean)) {
        const { execute, id } = JSON.parse(line) as { execute: string; id: number };
        if (answers[execute]) asked.push(execute);
        connection.write(`${JSON.stringify({ return: answers[execute]?.() ?? {}, id })}\n`);
      }
    });
  }).listen(join(folder, 'qmp'));
  await once(server, 'listening');
  const connection = await connectGuest(join(folder, 'qmp'), { now: () => time, patience: 5000, pollingInterval: 10 });
  const atFirst = asked.join(' ');
  return {
    guest,
    atFirst,
    /** What is told now, and what was asked for it. */
    ask: async () => {
      asked.length = 0;
      return { ...(await connection.ask()), asked: asked.toSorted().join(' ') };
    },
    advance: (seconds: number) => {
      time += seconds * 1000;
    },
    /** Heard before the answer to what is asked next. */
    tell: (event: string) => socket?.write(`${JSON.stringify({ event })}\n`),
    [Symbol.dispose]: () => {
      connection.close();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

test('of a guest that runs, state and balloon are asked again after an event, and once a minute', async () => {
  using qemu = await countingQemu();
  const everything = 'qom-get query-balloon query-blockstats query-status';
  assert.deepEqual(await qemu.ask(), {
    state: 'running',
    balloon: 1000,
    accelerated: false,
    memory: { total: 0 },
    disks: [{ device: 'disk0', readBytes: 0, writtenBytes: 0, reads: 0, writes: 0, flushes: 0, readTime: 0, writeTime: 0, failed: 0 }],
    asked: everything,
  });
  assert.equal(qemu.atFirst, 'query-kvm', 'once a connection');
  qemu.advance(5);
  const second = await qemu.ask();
  assert.deepEqual([second.asked, second.memory, second.disks[0]?.readBytes], ['query-blockstats', { total: 0 }, 5000]);
  qemu.advance(5);
  const third = await qemu.ask();
  assert.deepEqual([third.asked, third.memory.total, third.state, third.balloon], ['qom-get query-blockstats', 10_000, 'running', 1000]);
  qemu.guest.actual = 500;
  qemu.tell('BALLOON_CHANGE');
  // The event comes before the first answer, and after the first question.
  await qemu.ask();
  const after = await qemu.ask();
  assert.deepEqual([after.asked, after.balloon], ['query-balloon query-blockstats query-status', 500]);
  assert.equal((await qemu.ask()).asked, 'query-blockstats');
  qemu.advance(61);
  assert.equal((await qemu.ask()).asked, everything);
});

test('of a guest that does not run, state and balloon are asked every time', async () => {
  using qemu = await countingQemu();
  await qemu.ask();
  qemu.guest.status = 'paused';
  qemu.tell('STOP');
  await qemu.ask();
  assert.deepEqual([(await qemu.ask()).asked, (await qemu.ask()).state], ['query-balloon query-blockstats query-status', 'paused']);
  // Only between states in which it does not run may it go without an event.
  qemu.guest.status = 'shutdown';
  assert.equal((await qemu.ask()).state, 'shutdown');
});

test('a real QEMU tells of being stopped and of going on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-guest-'));
  const [own, other] = [join(folder, 'own'), join(folder, 'other')];
  const sockets = [own, other].flatMap((path) => ['-qmp', `unix:${path},server=on,wait=off`]);
  const options = ['-nodefaults', '-display', 'none', '-accel', 'tcg', '-machine', 'pc', '-m', '64'];
  const balloon = ['-device', 'virtio-balloon-pci,id=balloon0'];
  const child = spawn('qemu-system-x86_64', [...options, ...sockets, ...balloon], { stdio: 'ignore' });
  let connection: GuestConnection | undefined;
  try {
    await until('QEMU has its socket', () => existsSync(other));
    connection = await connectGuest(own, { now: () => performance.now(), patience: 5000, pollingInterval: 10 });
    const operator = await connectQmp(other);
    const stateAfter = async (command: string) => {
      await operator.execute(command);
      // The event and the answer go through two sockets.
      await connection?.ask();
      return (await connection?.ask())?.state;
    };
    const facts = await connection.ask();
    assert.deepEqual([facts.state, facts.balloon, facts.accelerated], ['running', 64 * 1024 * 1024, false], 'TCG, whatever the host has');
    assert.equal(await stateAfter('stop'), 'paused');
    assert.equal(await stateAfter('cont'), 'running');
    assert.equal(await stateAfter('stop'), 'paused');
    operator.close();
  } finally {
    connection?.close();
    child.kill('SIGKILL');
    await once(child, 'exit');
    rmSync(folder, { recursive: true });
  }
});
