import { createSocket } from 'node:dgram';

/**
 * Sends one datagram to a port of this host and gives what comes back first; `undefined` where nobody listens, or nobody
 * answers before `patience` milliseconds or the signal.
 */
export function askUdp(port: number, question: Buffer, patience: number, signal: AbortSignal): Promise<Buffer | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const socket = createSocket('udp4');
  const timer = setTimeout(() => resolve(undefined), patience);
  const abort = () => resolve(undefined);
  signal.addEventListener('abort', abort, { once: true });
  socket.on('message', (answer) => resolve(answer));
  // A closed port is told by ECONNREFUSED; whatever else goes wrong, there is no answer either.
  socket.on('error', () => resolve(undefined));
  // Connected, so that only the one who was asked is heard.
  socket.connect(port, '127.0.0.1', () => socket.send(question));
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    socket.close();
  });
}
