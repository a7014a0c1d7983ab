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
  for (let told = false; !release; release = await tryTake(path)) {
    const holder = await waitForHolder(path, deadline - performance.now(), (pid) => {
      if (!told) note(`Waiting for process ${pid}, which is at work on cluster "${name}" …`);
      told = true;
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

/** Resolves with the holder's process id when it lets go, ends, or the time is over. */
async function waitForHolder(path: string, ms: number, onHolder: (pid: number) => void): Promise<number> {
  const socket = connect({ path });
  let pid = 0;
  socket.on('data', (text: Buffer) => {
    pid = Number(text.toString()) || pid;
    onHolder(pid);
  });
  const timer = setTimeout(() => socket.destroy(), Math.max(1, ms));
  await new Promise((resolve) => {
    socket.on('error', resolve);
    socket.on('close', resolve);
  });
  clearTimeout(timer);
  return pid;
}
