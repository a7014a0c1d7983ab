import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A TCP port of 127.0.0.1 that nobody listens on, for a program that must be told one. It lies below the ports that the
 * kernel gives to outgoing connections, so that none of these takes it before the program does.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; ; tries++) {
    const port = randomInt(20_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    const taken = await once(server, 'listening').then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    );
    if (taken && (taken.code !== 'EADDRINUSE' || tries > 100)) throw taken;
    if (taken) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
