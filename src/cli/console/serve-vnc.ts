import { chmod } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GantryError } from '../../base/index.ts';
import { localPeer } from './local-peer.ts';

export interface VncOptions {
  readonly instance: string;
  /** A port of 127.0.0.1, 0 for any, or the path of a unix socket. */
  readonly listen: number | string;
  /** Opens one more session with the cluster. */
  readonly open: () => Promise<Duplex>;
  /** Where it listens, once it does: `127.0.0.1:5901` or the path. */
  readonly onListening: (place: string) => void;
  readonly onNote: (text: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Serves the VNC of an instance on this machine until it is told to end; each viewer has a session of its own. Only viewers
 * of the same user are let in: whoever is authenticated with the cluster is who started this.
 * @throws CLI_CONSOLE_UNAVAILABLE when it cannot listen
 */
export async function serveVnc(options: VncOptions): Promise<void> {
  const { instance, listen, signal, onListening, onNote } = options;
  const viewers = new Set<Socket>();
  const server = createServer((viewer) => {
    viewers.add(viewer);
    viewer.once('close', () => viewers.delete(viewer));
    viewer.on('error', () => viewer.destroy());
    serveViewer(viewer, options).catch((error: Error) => {
      viewer.destroy();
      onNote(error.message);
    });
  });
  onListening(await listening(server, listen, instance));
  await new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  for (const viewer of viewers) viewer.destroy();
  await new Promise((resolve) => server.close(resolve));
}

async function serveViewer(viewer: Socket, { open, listen, onNote }: VncOptions): Promise<void> {
  if (typeof listen === 'number' && !(await isOwn(viewer))) {
    onNote('A viewer of another user was refused.');
    viewer.destroy();
    return;
  }
  const session = await open();
  onNote('A viewer is connected.');
  // However it ends, both ends are closed then.
  await pipeline(viewer, session, viewer).catch(() => undefined);
  session.destroy();
  viewer.destroy();
  onNote('The viewer has disconnected.');
}

async function isOwn(viewer: Socket): Promise<boolean> {
  const peer = await localPeer(viewer);
  return peer === undefined ? process.platform !== 'linux' : peer === process.getuid?.();
}

function listening(server: Server, listen: number | string, instance: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.on('error', (error) =>
      reject(new GantryError('CLI_CONSOLE_UNAVAILABLE', { instance, detail: error.message }, { cause: error })),
    );
    if (typeof listen === 'number') {
      server.listen(listen, '127.0.0.1', () => resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`));
      return;
    }
    // Nobody else may connect, from the first moment.
    const mask = process.umask(0o177);
    server.listen(listen, () => {
      chmod(listen, 0o600).then(() => resolve(listen), reject);
    });
    process.umask(mask);
  });
}
