import { connectQmp, type QmpClient, type QmpOptions } from '../../../base/index.ts';

/**
 * Shares one connection to each QEMU among all who talk to it at the same time, and closes it after the last: QEMU
 * serves one connection at a time, and an agent that is replaced must not find the socket busy.
 */
export interface QmpPool {
  use<T>(socket: string, work: (qmp: QmpClient) => Promise<T>, options?: QmpOptions): Promise<T>;
}

export function createQmpPool(): QmpPool {
  const open = new Map<string, { client: Promise<QmpClient>; users: number }>();
  return {
    async use(socket, work, options) {
      const entry = open.get(socket) ?? { client: connectQmp(socket, options), users: 0 };
      open.set(socket, entry);
      entry.users++;
      const forget = () => {
        if (open.get(socket) === entry) open.delete(socket);
      };
      try {
        const client = await entry.client;
        void client.closed.then(forget);
        return await work(client);
      } finally {
        if (--entry.users === 0) {
          forget();
          await entry.client.then(
            (client) => client.close(),
            () => {
              // It never opened; the caller has that error already.
            },
          );
        }
      }
    },
  };
}
