import { once } from 'node:events';
import { createServer } from 'node:net';
import { GantryError, run } from '../../base/index.ts';

/** A socket that listens on the loopback of the host, to be handed to the master inside its own network namespace. */
export interface RestSocket {
  readonly fd: number;
  /** Closes this process's descriptor; the socket lives on in whoever inherited it. */
  close(): Promise<void>;
}

/** @throws LOCAL_PORT_TAKEN, naming the program that has the port where that can be seen */
export async function openRestSocket(port: number): Promise<RestSocket> {
  const server = createServer({ pauseOnConnect: true }, (socket) => socket.destroy());
  server.listen({ host: '127.0.0.1', port, backlog: 511 });
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new GantryError('LOCAL_PORT_TAKEN', { port, holder: await holderOf(port) }, { cause: error });
  }
  const handle = (server as unknown as { _handle: { fd: number } })._handle;
  return {
    fd: handle.fd,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

/** ` by nginx (process 17)`, or nothing. */
async function holderOf(port: number): Promise<string> {
  const { stdout } = await run('ss', ['--listening', '--tcp', '--numeric', '--processes', '--no-header', `sport = :${port}`], {
    okCodes: [0, 1, 255],
  });
  const [, program, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout) ?? [];
  return program ? ` by ${program} (process ${pid})` : '';
}
