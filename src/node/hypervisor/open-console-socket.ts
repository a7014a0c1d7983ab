import { connect, type Socket } from 'node:net';
import { GantryError, withOwnSocket } from '../../base/index.ts';
import { readPlainTail } from '../../host/index.ts';
import type { ConsolePlaces } from '../../rpc/index.ts';

// For hypervisors whose consoles are sockets on the node.

/** How much of what was said before is shown when a console is opened. */
const tailBytes = 16_384;

/** @throws CONSOLE_MISSING, SOCKET_REFUSED */
export async function openSerialLine({ serial_socket: path, serial_log: log }: ConsolePlaces, instance: string): Promise<Socket> {
  if (path === null) throw new GantryError('CONSOLE_MISSING', { instance, problem: 'it has no serial line' });
  const before = log ? await readPlainTail(log, tailBytes) : undefined;
  const socket = await ownSocket(path, instance);
  if (before && before.length > 0) socket.unshift(before);
  return socket;
}

/** @throws CONSOLE_MISSING, SOCKET_REFUSED */
export async function openVnc({ vnc_socket: path, vnc }: ConsolePlaces, instance: string): Promise<Socket> {
  if (path) return ownSocket(path, instance);
  if (!vnc)
    throw new GantryError('CONSOLE_MISSING', { instance, problem: 'it has no VNC (vnc_bind_address was empty when it was started)' });
  // Started by an agent that let VNC listen on a port, of whatever address.
  const host = ['0.0.0.0', '::'].includes(vnc.host) ? 'localhost' : vnc.host;
  return connected(() => connect(vnc.port, host), instance);
}

async function ownSocket(path: string, instance: string): Promise<Socket> {
  try {
    return await withOwnSocket(path, (held) => connected(() => connect(held), instance));
  } catch (error) {
    if (error instanceof GantryError) throw error;
    throw new GantryError('CONSOLE_MISSING', { instance, problem: (error as Error).message }, { cause: error });
  }
}

function connected(open: () => Socket, instance: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = open();
    const fail = (error: Error) => reject(new GantryError('CONSOLE_MISSING', { instance, problem: error.message }, { cause: error }));
    // It stays: an error before somebody else listens must not end the agent.
    socket.on('error', fail);
    socket.once('connect', () => resolve(socket));
  });
}
