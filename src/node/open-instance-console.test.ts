import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { GantryError } from '../base/index.ts';
import type { ConsolePlaces } from '../rpc/index.ts';
import { createFakeHypervisor } from './hypervisor/fake-hypervisor.ts';
import type { Hypervisor } from './hypervisor/hypervisor.ts';
import { openInstanceConsole } from './open-instance-console.ts';
import { consolesAt } from './testing/consoles-at.ts';

const runtime = { uuid: 'i1', name: 'web1', hypervisor: 'fake', memory: 1, vcpus: 1, cpu_seconds: 0, pid: null } as const;

test('a console that breaks before somebody listens to it ends nothing but itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-console-'));
  const path = join(folder, 'console');
  const server = createServer((socket) => socket.resume()).listen(path);
  try {
    await once(server, 'listening');
    const hypervisor: Hypervisor = {
      ...createFakeHypervisor(),
      list: async () => [{ ...runtime, state: 'running' }],
      consoles: consolesAt(() => ({ serial_socket: path, vnc_socket: path })),
    };
    for (const kind of ['serial', 'vnc'] as const) {
      const socket = await openInstanceConsole([hypervisor], 'i1', kind);
      socket.destroy(new Error('it broke'));
      await new Promise((resolve) => socket.once('close', resolve));
    }
    await assert.rejects(openInstanceConsole([hypervisor], 'i2', 'serial'), { code: 'CONSOLE_MISSING' });
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
});

/** A server that says `words` and then repeats what it hears; what is written first and read back is told. */
async function heardFrom(open: () => Promise<Socket>): Promise<string> {
  const socket = await open();
  let text = '';
  socket.on('data', (piece) => (text += String(piece)));
  socket.write('!');
  await once(socket, 'end');
  return text;
}

test('a console is opened where it is: on a socket, with what was said before, or on the port of earlier agents', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-console-'));
  const answer = (name: string) => createServer((socket) => socket.once('data', () => socket.end(name)));
  const [serial, vnc, port] = [
    answer('serial').listen(join(folder, 'serial')),
    answer('vnc').listen(join(folder, 'vnc')),
    answer('port').listen(0),
  ];
  try {
    for (const server of [serial, vnc, port]) if (!server.listening) await once(server, 'listening');
    await writeFile(join(folder, 'log'), 'x'.repeat(20_000));
    const { port: number } = port.address() as AddressInfo;
    const open = (places: Partial<ConsolePlaces>, kind: 'serial' | 'vnc', state = 'running') => {
      const hypervisor = {
        ...createFakeHypervisor(),
        list: async () => [{ ...runtime, state }],
        consoles: consolesAt(() => places),
      } as unknown as Hypervisor;
      return openInstanceConsole([createFakeHypervisor(), hypervisor], 'i1', kind);
    };
    const [serial_socket, vnc_socket] = [join(folder, 'serial'), join(folder, 'vnc')];
    assert.equal(await heardFrom(() => open({ serial_socket, vnc_socket }, 'serial')), 'serial');
    assert.equal(await heardFrom(() => open({ serial_socket, vnc_socket }, 'vnc')), 'vnc');
    const before = await heardFrom(() => open({ serial_socket, serial_log: join(folder, 'log') }, 'serial', 'paused'));
    assert.equal(before, `${'x'.repeat(16_384)}serial`);
    assert.equal(await heardFrom(() => open({ serial_socket, serial_log: join(folder, 'none') }, 'serial')), 'serial');
    for (const host of ['127.0.0.1', '0.0.0.0', '::'])
      assert.equal(await heardFrom(() => open({ vnc: { host, port: number } }, 'vnc')), 'port');
    const missing = (problem: string | RegExp) => (error: GantryError) => {
      assert.equal(error.code, 'CONSOLE_MISSING');
      assert.match(String(error.facts['problem']), new RegExp(problem));
      return true;
    };
    await assert.rejects(open({}, 'serial'), missing('^it has no serial line$'));
    const without = { ...createFakeHypervisor(), list: async () => [{ ...runtime, state: 'running' as const }] };
    await assert.rejects(openInstanceConsole([without], 'i1', 'vnc'), missing('^instances of fake have no vnc console$'));
    await assert.rejects(open({}, 'vnc'), missing('^it has no VNC'));
    for (const state of ['shutdown', 'crashed'])
      await assert.rejects(open({ serial_socket }, 'serial', state), missing('^it does not run here$'));
    await assert.rejects(open({ serial_socket: join(folder, 'none') }, 'serial'), missing('ENOENT'));
    await assert.rejects(open({ vnc: { host: '127.0.0.1', port: 1 } }, 'vnc'), missing('ECONNREFUSED'));
    await assert.rejects(open({ serial_socket: join(folder, 'log') }, 'serial'), { code: 'SOCKET_REFUSED' });
  } finally {
    for (const server of [serial, vnc, port]) server.close();
    await rm(folder, { recursive: true });
  }
});
