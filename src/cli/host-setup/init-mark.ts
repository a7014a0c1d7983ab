import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../../base/index.ts';
import { makeFolder } from './make-folder.ts';

/** What an initialisation notes before its first change, so that the next one knows what an interrupted one has made. */
export interface InitMark {
  /** Of the cluster. */
  readonly name: string;
  /** The first ones that it uses: of the group, the node and the cluster, in this order. */
  readonly uuids: readonly string[];
}

export const initMarkFile = (stateDir: string): string => join(stateDir, 'init-unfinished.json');

/** Undefined when no initialisation was interrupted here. */
export async function readInitMark(stateDir: string): Promise<InitMark | undefined> {
  try {
    const { name, uuids } = JSON.parse(await readFile(initMarkFile(stateDir), 'utf8')) as InitMark;
    return { name, uuids };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function writeInitMark(stateDir: string, mark: InitMark): Promise<void> {
  const file = initMarkFile(stateDir);
  await makeFolder(dirname(file), 0o755);
  await writeFileAtomic(file, `${JSON.stringify(mark)}\n`);
}

export const removeInitMark = (stateDir: string): Promise<void> => rm(initMarkFile(stateDir), { force: true });
