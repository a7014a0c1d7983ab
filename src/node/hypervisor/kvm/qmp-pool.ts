import { connectQmp, GantryError, type QmpClient, type QmpOptions } from '../../../base/index.ts';
import type { InstanceFiles } from './instance-files.ts';
import { withInstanceSocket } from './with-instance-socket.ts';

/**
 * Shares one connection to each QEMU among all who talk to it at the same time, and closes it after the last: QEMU
 * serves one connection at a time, and an agent that is replaced must not find the socket busy.
 */
export interface QmpPool {
  /** @throws SOCKET_REFUSED, HYPERVISOR_QMP_LOST, HYPERVISOR_QMP_GARBLED, HYPERVISOR_QMP_TIMED_OUT, and what `work` throws */
  use<T>(files: InstanceFiles, work: (qmp: QmpClient) => Promise<T>, options?: QmpOptions): Promise<T>;
}

export function createQmpPool(): QmpPool {
  const open = new Map<string, { client: Promise<QmpClient>; users: number }>();
  return {
    async use(files, work, options) {
      const { qmp } = files;
      const entry = open.get(qmp) ?? { client: connect(files, options), users: 0 };
      open.set(qmp, entry);
      entry.users++;
      const forget = () => {
        if (open.get(qmp) === entry) open.delete(qmp);
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

async function connect(files: InstanceFiles, options?: QmpOptions): Promise<QmpClient> {
  try {
    return await withInstanceSocket(files.qmp, files.old.qmp, (held, socketName) => connectQmp(held, { ...options, socketName }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new GantryError('HYPERVISOR_QMP_LOST', { socket: files.qmp, problem: 'the socket is missing' }, { cause: error });
  }
}
