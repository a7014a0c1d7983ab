import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../../../../test/support/until.ts';
import { silentLog, systemClock } from '../../../base/index.ts';
import { type InstanceFiles, instanceFiles } from './instance-files.ts';
import { keptBytes } from './serial-line.ts';
import { createSerialLines } from './serial-lines.ts';

/** What plays QEMU: one end of a serial line. */
interface Guest {
  readonly ref: { readonly uuid: string; readonly name: string };
  readonly files: InstanceFiles;
  readonly server: Server;
  /** Connections in the order in which they came. */
  readonly lines: Socket[];
  readonly heard: Buffer[];
}

let folder: string;
const guests: Guest[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-serial-'));
});
after(async () => {
  for (const { server, lines } of guests) {
    server.close();
    for (const line of lines) line.destroy();
  }
  await rm(folder, { recursive: true });
});

const filesOf = (ref: { uuid: string; name: string }) => instanceFiles(folder, folder, ref);
const newLines = () => createSerialLines(filesOf, silentLog);

async function newGuest(): Promise<Guest> {
  const ref = { uuid: randomUUID(), name: 'vm' };
  const files = filesOf(ref);
  await mkdir(files.directory, { recursive: true });
  const [lines, heard]: [Socket[], Buffer[]] = [[], []];
  const server = createServer((line) => {
    lines.push(line);
    line.on('data', (piece: Buffer) => heard.push(piece));
    line.on('error', () => line.destroy());
  }).listen(files.serial);
  await once(server, 'listening');
  const guest = { ref, files, server, lines, heard };
  guests.push(guest);
  return guest;
}

/** Somebody at the console. */
function newViewer(path: string) {
  const socket = connect(path);
  const viewer = { socket, text: '' };
  socket.on('data', (piece) => (viewer.text += piece.toString()));
  socket.on('error', () => socket.destroy());
  return viewer;
}

describe('serial lines', () => {
  it('reach all who listen, and the guest, and begin with what was said before', async () => {
    const { ref, files, lines, heard } = await newGuest();
    const held = newLines();
    await held.hold(ref);
    await held.hold(ref);
    await until('it is held', () => lines.length === 1);
    lines[0]?.write('before');
    const viewers = [newViewer(files.console), newViewer(files.console)];
    await until('both see it', () => viewers.every(({ text }) => text === 'before'));
    lines[0]?.write(' and after');
    await until('both see more', () => viewers.every(({ text }) => text === 'before and after'));
    viewers[1]?.socket.write('hello');
    await until('the guest hears it', () => Buffer.concat(heard).toString() === 'hello');
    await held.close();
    await until('the viewers are let go', () => viewers.every(({ socket }) => socket.destroyed));
    assert.equal(lines.length, 1);
  });

  it('take no more room than they are allowed, however much comes and nobody listens', async () => {
    const { ref, files, lines } = await newGuest();
    const held = newLines();
    await held.hold(ref);
    await until('it is held', () => lines.length === 1);
    const flood = Buffer.alloc(keptBytes * 8, 'x');
    for (let round = 0; round < 8; round++) await new Promise((resolve) => lines[0]?.write(flood, resolve));
    await new Promise((resolve) => lines[0]?.write('the end', resolve));
    await until('it is saved', async () => (await readFile(files.serialLog, 'utf8').catch(() => '')).endsWith('the end'));
    assert.equal((await stat(files.serialLog)).size, keptBytes);
    assert.equal((await stat(files.serialLog)).mode & 0o777, 0o600);
    await held.close();
  });

  it('give a slow listener everything', async () => {
    const { ref, files, lines } = await newGuest();
    const held = newLines();
    await held.hold(ref);
    await until('it is held', () => lines.length === 1);
    const socket = connect(files.console);
    await once(socket, 'connect');
    socket.pause();
    // So that it is listened to before the flood.
    lines[0]?.write('>');
    await systemClock.sleep(50);
    const bytes = 4 * 1024 * 1024;
    lines[0]?.write(Buffer.alloc(bytes, 'y'));
    await systemClock.sleep(50);
    let count = 0;
    socket.on('data', (piece) => (count += piece.length));
    socket.resume();
    await until('all of it came', () => count === bytes + 1);
    socket.destroy();
    await held.close();
  });

  it('go over to the next agent with what was said, and never to two at a time', async () => {
    const { ref, files, lines } = await newGuest();
    const first = newLines();
    const second = newLines();
    await first.hold(ref);
    await until('it is held', () => lines.length === 1);
    lines[0]?.write('from the first; ');
    await second.hold(ref);
    assert.equal(lines.length, 1);
    const early = newViewer(files.console);
    await until('it was heard', () => early.text === 'from the first; ');
    await first.close();
    await second.hold(ref);
    await until('it is held again', () => lines.length === 2);
    lines[1]?.write('from the second');
    const viewer = newViewer(files.console);
    await until('nothing is lost', () => viewer.text === 'from the first; from the second');
    await second.release(ref);
    await rm(files.directory, { recursive: true });
  });

  it('end with their guest', async () => {
    const { ref, files, lines } = await newGuest();
    const held = newLines();
    await held.hold(ref);
    const viewer = newViewer(files.console);
    await until('it is held', () => lines.length === 1);
    lines[0]?.destroy();
    await until('the viewer is let go', () => viewer.socket.destroyed);
    await until('nobody serves it', async () => (await stat(files.console).catch(() => null)) === null);
    await held.hold(ref);
    await until('it is held again', () => lines.length === 2);
    await held.close();
  });
});
