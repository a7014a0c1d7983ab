import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFakeHypervisor } from './hypervisor/fake-hypervisor.ts';
import type { Hypervisor } from './hypervisor/hypervisor.ts';
import { openInstanceConsole } from './open-instance-console.ts';

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
      console: async () => ({ serial_socket: path, vnc_socket: path, vnc: null }),
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
