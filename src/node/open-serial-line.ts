import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { GantryError } from '../base/index.ts';
import type { Hypervisor } from './hypervisor/hypervisor.ts';

/** How much of what was said before is shown when a console is opened. */
const tailBytes = 16_384;

/** Connects to the serial line of an instance, whichever hypervisor runs it. @throws CONSOLE_MISSING */
export async function openSerialLine(hypervisors: Iterable<Hypervisor>, instance: string): Promise<Socket> {
  for (const hypervisor of hypervisors) {
    const found = (await hypervisor.list()).find(({ uuid }) => uuid === instance);
    if (!found || found.state === 'shutdown' || found.state === 'crashed') continue;
    const { serial_socket: path, serial_log: log } = await hypervisor.console(found);
    if (path === null) throw new GantryError('CONSOLE_MISSING', { instance: found.name, problem: 'it has no serial line' });
    const before = log ? await tail(log) : Buffer.alloc(0);
    const socket = await connected(path, found.name);
    if (before.length > 0) socket.unshift(before);
    return socket;
  }
  throw new GantryError('CONSOLE_MISSING', { instance, problem: 'it does not run here' });
}

function connected(path: string, instance: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const fail = (error: Error) => reject(new GantryError('CONSOLE_MISSING', { instance, problem: error.message }, { cause: error }));
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

// The folder of the file is its instance's: a link or a pipe that was put there must lead root nowhere.
const safely = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The end of a file; nothing when there is no plain file. */
async function tail(path: string): Promise<Buffer> {
  try {
    await using file = await open(path, safely);
    const stat = await file.stat();
    if (!stat.isFile()) return Buffer.alloc(0);
    const { size } = stat;
    const length = Math.min(size, tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (['ENOENT', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return Buffer.alloc(0);
    throw error;
  }
}
