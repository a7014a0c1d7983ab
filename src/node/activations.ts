import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/index.ts';
import type { DiskSpec } from '../rpc/index.ts';

/** Which disks of an instance are (or are being) made usable on this node. */
export interface Activation {
  readonly uuid: string;
  readonly name: string;
  readonly disks: readonly DiskSpec[];
}

/**
 * Remembers activations from before they are made until after they are undone, so that a stop, which names only the
 * instance, finds them, also after a restart of the agent.
 */
export interface Activations {
  get(instanceUuid: string): Promise<Activation | undefined>;
  put(activation: Activation): Promise<void>;
  remove(instanceUuid: string): Promise<void>;
}

/** @param directory in the run directory: a reboot of the host undoes every activation */
export function fileActivations(directory: string): Activations {
  const fileOf = (uuid: string) => join(directory, `${encodeURIComponent(uuid)}.json`);
  return {
    async get(uuid) {
      try {
        return JSON.parse(await readFile(fileOf(uuid), 'utf8')) as Activation;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async put(activation) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFileAtomic(fileOf(activation.uuid), JSON.stringify(activation), 0o600);
    },
    remove: (uuid) => rm(fileOf(uuid), { force: true }),
  };
}

export function memoryActivations(kept = new Map<string, Activation>()): Activations {
  return {
    get: async (uuid) => kept.get(uuid),
    put: async (activation) => void kept.set(activation.uuid, activation),
    remove: async (uuid) => void kept.delete(uuid),
  };
}
