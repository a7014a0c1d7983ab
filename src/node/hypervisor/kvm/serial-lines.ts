import { connect, type Socket } from 'node:net';
import type { Log } from '../../../base/index.ts';
import { createKeyedMutex, readPlainTail } from '../../../host/index.ts';
import type { InstanceRef } from '../start-request.ts';
import type { InstanceFiles } from './instance-files.ts';
import { keptBytes, SerialLine } from './serial-line.ts';
import { withInstanceSocket } from './with-instance-socket.ts';

/** The serial lines of the instances that run here. */
export interface SerialLines {
  /** Holds the line of a running instance from now on; does nothing when it is held, here or by an agent that is about to end. */
  hold(instance: InstanceRef): Promise<void>;
  /** Lets go of the line of an instance that is removed; after that nothing writes into its directory. */
  release(instance: Pick<InstanceRef, 'uuid'>): Promise<void>;
  /** Lets go of all; another agent may hold them. */
  close(): Promise<void>;
}

export function createSerialLines(filesOf: (instance: InstanceRef) => InstanceFiles, log: Log): SerialLines {
  const lines = new Map<string, SerialLine>();
  const exclusively = createKeyedMutex();

  const hold = async (instance: InstanceRef): Promise<void> => {
    const files = filesOf(instance);
    if (lines.has(instance.uuid) || (await isServed(files.console))) return;
    const before = (await readPlainTail(files.serialLog, keptBytes)) ?? (await readPlainTail(files.old.serialLog, keptBytes));
    const guest = await withInstanceSocket(files.serial, files.old.serial, connected);
    const onClose = () => {
      if (lines.get(instance.uuid) === line) lines.delete(instance.uuid);
    };
    const line: SerialLine = new SerialLine({
      guest,
      console: files.console,
      keep: files.serialLog,
      before: before ?? Buffer.alloc(0),
      log,
      onClose,
    });
    lines.set(instance.uuid, line);
    try {
      await line.serve();
    } catch (error) {
      await line.close();
      throw error;
    }
  };

  const release = async (uuid: string) => {
    await lines.get(uuid)?.close();
  };

  return {
    hold: (instance) => exclusively(instance.uuid, () => hold(instance)),
    release: ({ uuid }) => exclusively(uuid, () => release(uuid)),
    close: async () => {
      await Promise.all([...lines.values()].map((line) => line.close()));
    },
  };
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    // It stays: an error before somebody else listens must not end the agent.
    socket.on('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

async function isServed(path: string): Promise<boolean> {
  try {
    (await connected(path)).destroy();
    return true;
  } catch {
    // Nobody made it, or who did has ended.
    return false;
  }
}
