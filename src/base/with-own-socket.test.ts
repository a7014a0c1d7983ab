import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chown, link, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { withOwnSocket } from './with-own-socket.ts';

let folder: string;
const servers: Server[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-socket-'));
});
after(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true });
});

async function serve(path: string, words: string): Promise<void> {
  const server = createServer((socket) => socket.end(words)).listen(path);
  servers.push(server);
  await once(server, 'listening');
}

async function hear(path: string): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of connect(path)) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

const refused = { code: 'SOCKET_REFUSED' };

describe('own sockets', () => {
  it('are connected to, and to no other that takes their place meanwhile', async () => {
    const [mine, other] = [join(folder, 'mine'), join(folder, 'other')];
    await serve(mine, 'mine');
    await serve(other, 'other');
    assert.equal(await withOwnSocket(mine, hear), 'mine');
    const heard = await withOwnSocket(mine, async (held) => {
      await rename(other, mine);
      return hear(held);
    });
    assert.equal(heard, 'mine');
  });

  it('are no links, files, or sockets of somebody else', async () => {
    const real = join(folder, 'real');
    await serve(real, 'real');
    const linked = join(folder, 'linked');
    await symlink(real, linked);
    await assert.rejects(withOwnSocket(linked, hear), refused);
    const file = join(folder, 'file');
    await writeFile(file, '');
    await assert.rejects(withOwnSocket(file, hear), refused);
    await assert.rejects(withOwnSocket(join(folder, 'missing'), hear), { code: 'ENOENT' });
    if (process.getuid?.() !== 0) return;
    const theirs = join(folder, 'theirs');
    await mkdir(theirs);
    await chown(theirs, 12_345, 12_345);
    await link(real, join(theirs, 'socket'));
    await assert.rejects(withOwnSocket(join(theirs, 'socket'), hear), refused);
  });
});
