import assert from 'node:assert/strict';
import { chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../../../../test/support/until.ts';
import { silentLog } from '../../../base/index.ts';
import type { StartRequest } from '../start-request.ts';
import { instanceFiles } from './instance-files.ts';
import { newRequest } from './kvm-test-harness.ts';
import { prepareHost } from './prepare-host.ts';
import { createQmpPool } from './qmp-pool.ts';

let folder: string;
const servers: Server[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-pool-'));
});
after(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true });
});

/** A QEMU that answers everything, with the connections that it has and had. */
async function newQemu(place: 'qmp' | 'old' = 'qmp') {
  const files = instanceFiles(folder, folder, { uuid: String(servers.length), name: 'x' });
  await mkdir(files.workDirectory, { recursive: true });
  const open = new Set<Socket>();
  const seen = { connections: 0, open };
  const server = createServer((socket) => {
    seen.connections++;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    socket.write('{"QMP": {}}\n');
    socket.on('data', (data) => {
      for (const line of data.toString().trim().split('\n'))
        socket.write(`{"return": 7, "id": ${(JSON.parse(line) as { id: number }).id}}\n`);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(place === 'old' ? files.old.qmp : files.qmp, resolve));
  return { files, seen, close: () => server.close() };
}

describe('connections to QEMU', () => {
  it('are shared by all who talk at the same time, and closed after the last', async () => {
    const { files, seen } = await newQemu();
    const pool = createQmpPool();
    const gate = Promise.withResolvers<void>();
    const first = pool.use(files, async (qmp) => {
      await gate.promise;
      return qmp.execute('x');
    });
    assert.equal(await pool.use(files, (qmp) => qmp.execute('x')), 7);
    assert.deepEqual([seen.connections, seen.open.size], [1, 1], 'the first still has it');
    gate.resolve();
    assert.equal(await first, 7);
    await until('it is closed', () => seen.open.size === 0);
    assert.equal(await pool.use(files, (qmp) => qmp.execute('x')), 7);
    assert.equal(seen.connections, 2);
    await until('it is closed again', () => seen.open.size === 0);
  });

  it('are closed, too, when the work fails, and made anew when they broke', async () => {
    const { files, seen } = await newQemu();
    const pool = createQmpPool();
    await assert.rejects(
      pool.use(files, () => Promise.reject(new Error('work failed'))),
      { message: 'work failed' },
    );
    await until('it is closed', () => seen.open.size === 0);
    await pool.use(files, async (qmp) => {
      for (const socket of seen.open) socket.destroy();
      await qmp.closed;
      assert.equal(await pool.use(files, (other) => other.execute('x')), 7, 'another one for who comes after');
    });
    assert.equal(seen.connections, 3);
    await until('all are closed', () => seen.open.size === 0);
  });

  it('are made where an earlier agent let QEMU listen, when there is none in the own place', async () => {
    const { files } = await newQemu('old');
    assert.equal(await createQmpPool().use(files, (qmp) => qmp.execute('x')), 7);
  });

  it('that do not come about are told', async () => {
    const pool = createQmpPool();
    const files = instanceFiles(folder, folder, { uuid: 'none', name: 'x' });
    await mkdir(files.workDirectory, { recursive: true });
    const missing = { code: 'HYPERVISOR_QMP_LOST', facts: { socket: files.qmp, problem: 'the socket is missing' } };
    for (let time = 0; time < 2; time++)
      await assert.rejects(
        pool.use(files, async () => 1),
        missing,
      );
    await writeFile(files.qmp, '');
    await assert.rejects(
      pool.use(files, async () => 1),
      { code: 'SOCKET_REFUSED' },
    );
  });
});

describe('what a machine needs of the host', { skip: process.getuid?.() === 0 ? false : 'only root can give files away' }, () => {
  it('are disks of its own user, the device behind a link as well', async () => {
    const path = (name: string) => join(folder, name);
    for (const name of ['file', 'device', 'plain']) await writeFile(path(name), '');
    await symlink(path('device'), path('volume'));
    await symlink(path('plain'), path('link'));
    await chown(path('plain'), 7, 8);
    const [template] = newRequest(path('file')).disks;
    const disk = (name: string, driver: 'file' | 'host_device') => ({ ...template, path: path(name), driver });
    const request = {
      disks: [disk('file', 'file'), disk('volume', 'host_device'), disk('link', 'file')],
      nics: [],
    } as unknown as StartRequest;
    await prepareHost(request, 12_345, silentLog);
    const owner = async (name: string) => [(await stat(path(name))).uid, (await stat(path(name))).gid];
    assert.deepEqual(
      [await owner('file'), await owner('device')],
      [
        [12_345, 12_345],
        [12_345, 12_345],
      ],
    );
    assert.deepEqual(await owner('plain'), [7, 8], 'what a link in the place of a file leads to is not given away');
    await assert.rejects(prepareHost({ disks: [disk('gone', 'file')], nics: [] } as unknown as StartRequest, 1, silentLog), {
      code: 'ENOENT',
    });
  });
});
