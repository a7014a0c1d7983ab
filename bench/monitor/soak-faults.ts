import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Random } from '../../src/base/index.ts';

/** Instances come and go: one at each call is hidden, or shown again. */
export function instanceChurn(root: string, random: Random): () => void {
  const shown = join(root, 'run/gantry/instances');
  const hidden = join(root, 'hidden');
  mkdirSync(hidden);
  return () => {
    const [from, to] = random() < 0.5 ? [shown, hidden] : [hidden, shown];
    const names = readdirSync(from);
    const name = names[Math.floor(random() * names.length)];
    if (name !== undefined) renameSync(join(from, name), join(to, name));
  };
}

/** Clients that take their time: half of them never end their request, the others never read the answer. Each call ends some and makes new ones. */
export function slowClients(port: number, count: number): { turn(): void; close(): void } {
  const sockets: Socket[] = [];
  const open = () => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    if (sockets.push(socket) % 2 === 0) socket.write('GET /1/rep');
    else socket.pause().write('GET /1/report/all HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(4));
  };
  return {
    turn: () => {
      for (const socket of sockets.splice(0, Math.ceil(count / 10))) socket.destroy();
      // Those that the agent has cut off count as gone.
      for (const [i, socket] of [...sockets.entries()].reverse()) if (socket.destroyed) sockets.splice(i, 1);
      while (sockets.length < count) open();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

const malformed = [
  '\u0000\u0001 nonsense\r\n\r\n',
  '\u0016\u0003\u0001\u0002\u0000\u0001',
  'GET / HTTP/9.9\r\n\r\n',
  `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
  `GET /${'y'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
  'GET /1/report/%zz/drbd HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /1/report/all?fields=%E0%A4%A HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /1/report/all?since=NaN&fields=..,.,__proto__.x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
];

/** Sends one request that is none. */
export function sendMalformed(port: number, random: Random): void {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.end(malformed[Math.floor(random() * malformed.length)] ?? '');
  socket.resume();
}

/** A file system of 1 MiB, to be filled. */
export interface SmallDisk {
  readonly folder: string;
  fill(): void;
  free(): void;
  close(): void;
}

/** `undefined` where none may be mounted. */
export function mountSmallDisk(folder: string): SmallDisk | undefined {
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status !== 0) return undefined;
  const filler = join(folder, 'filler');
  return {
    folder,
    fill: () => {
      try {
        writeFileSync(filler, Buffer.alloc(2 * 1024 * 1024));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    free: () => rmSync(filler, { force: true }),
    close: () => void spawnSync('umount', ['-l', folder]),
  };
}
