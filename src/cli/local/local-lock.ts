import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { GantryError } from '../../base/index.ts';

const waitSeconds = 600;

/**
 * Lets one process at a time work on a local cluster. The lock is a listening abstract unix socket, so the kernel frees
 * it with the process that holds it, however that ends. Others wait; they learn the holder's process id over it.
 * @throws LOCAL_UP_RUNNING when it takes too long
 */
export async function withLocalLock<T>(
  name: string,
  note: (text: string) => void,
  work: () => Promise<T>,
  seconds = waitSeconds,
): Promise<T> {
  const path = `\0gantry-local-${name}`;
  const deadline = performance.now() + seconds * 1000;
  let release = await tryTake(path);
  for (let holder = 0; !release; release = await tryTake(path)) {
    await waitForHolder(path, deadline - performance.now(), (pid) => {
      if (pid !== holder) note(`Waiting for process ${pid}, which is working on cluster "${name}" …`);
      holder = pid;
    });
    if (performance.now() >= deadline) throw new GantryError('LOCAL_UP_RUNNING', { name, pid: holder, seconds });
  }
  try {
    return await work();
  } finally {
    await release();
  }
}

/** Takes the lock and returns what gives it back, or undefined when somebody else has it. */
async function tryTake(path: string): Promise<(() => Promise<void>) | undefined> {
  const waiting = new Set<Socket>();
  const server: Server = createServer((socket) => {
    waiting.add(socket);
    // Whoever waits may give up at any time; that is no concern of the holder.
    socket.on('error', () => waiting.delete(socket));
    socket.on('close', () => waiting.delete(socket));
    socket.write(`${process.pid}\n`);
  });
  server.listen({ path });
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  return async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of waiting) socket.destroy();
    await closed;
  };
}

/** Resolves when the holder lets go, ends, or the time is over. */
async function waitForHolder(path: string, ms: number, onHolder: (pid: number) => void): Promise<void> {
  const socket = connect({ path });
  socket.on('data', (text: Buffer) => onHolder(Number(text.toString())));
  // A timer may fire a part of a millisecond early; then there would be one more round with no time left in it.
  const timer = setTimeout(() => socket.destroy(), Math.max(1, Math.ceil(ms) + 1));
  await new Promise((resolve) => {
    socket.on('error', resolve);
    socket.on('close', resolve);
  });
  clearTimeout(timer);
}
