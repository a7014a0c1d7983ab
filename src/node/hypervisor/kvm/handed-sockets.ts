import { once } from 'node:events';
import { chmod, rename, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import type { KvmHvparams } from '../../../model/index.ts';
import { draftOf, type InstanceFiles } from './instance-files.ts';

/** Sockets that the agent makes and QEMU gets as descriptors. */
export type HandedSocket = 'qmp' | 'qmpMonitor' | 'serial' | 'guestAgent';

/** The first descriptor after standard input, output and error. */
const firstDescriptor = 3;

/** Which sockets an instance has, in the order of QEMU's descriptors. */
export const handedSockets = (hvparams: KvmHvparams): HandedSocket[] => [
  'qmp',
  'qmpMonitor',
  ...(hvparams.serial_console ? (['serial'] as const) : []),
  ...(hvparams.use_guest_agent ? (['guestAgent'] as const) : []),
];

/** The number by which QEMU knows a socket. */
export const descriptorOf = (socket: HandedSocket, hvparams: KvmHvparams): number =>
  firstDescriptor + handedSockets(hvparams).indexOf(socket);

/** Listening sockets in this process. */
export interface OpenSockets {
  /** Their descriptors here, in order. */
  readonly descriptors: readonly number[];
  /** Closes them here; QEMU's go on, and so do their names. */
  close(): Promise<void>;
}

/** Makes the sockets in the folder of the instance. Nobody connects before QEMU has them. */
export async function openSockets(files: InstanceFiles, names: readonly HandedSocket[]): Promise<OpenSockets> {
  const servers: Server[] = [];
  const close = async () => {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  };
  try {
    for (const name of names) {
      const server = createServer((socket) => socket.destroy());
      servers.push(server);
      await listenPrivately(server, files[name]);
    }
    return { descriptors: servers.map(descriptorIn), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Lets a server listen at a path that only its user may use. The end of a server removes the name under which it was made, so it gets another one. */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  const draft = draftOf(path);
  await rm(draft, { force: true });
  const listening = once(server, 'listening');
  server.listen(draft);
  await listening;
  await chmod(draft, 0o600);
  await rename(draft, path);
}

/** Node tells the number of a server's descriptor nowhere else. */
function descriptorIn(server: Server): number {
  const { fd } = (server as unknown as { readonly _handle: { readonly fd: number } })._handle;
  if (!(fd >= 0)) throw new Error('a listening socket has no descriptor');
  return fd;
}
