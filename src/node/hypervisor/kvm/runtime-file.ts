import { open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessIdentity } from '../../../host/index.ts';
import { InstanceRuntimeFile, nodeFileNames, validate } from '../../../model/index.ts';
import type { StartRequest } from '../start-request.ts';

/** What the agent must know to find an instance again after its own restart: the file that all hypervisors write, with what QEMU needs. */
export interface Runtime extends Omit<InstanceRuntimeFile, 'request'> {
  /** Null between the decision to start and the start; then the process is looked for by its working directory. */
  readonly process: ProcessIdentity | null;
  readonly machine: string;
  readonly accelerator: string;
  readonly uid: number;
  /** Where an incoming migration is awaited. */
  readonly incoming: { readonly address: string; readonly port: number } | null;
  /** Where an earlier agent let VNC listen; it has a socket in the directory of the instance now. */
  readonly vnc: { readonly host: string; readonly port: number } | null;
  /** What it was started with, without the parameters of the operating system, which may be secret. */
  readonly request: StartRequest;
}

/** Writes the file whole or not at all; only root may read it. */
export async function writeRuntime(path: string, runtime: Runtime): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(runtime satisfies InstanceRuntimeFile, null, 1)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** The file's content, or undefined when there is none that can be used. */
export async function readRuntime(path: string): Promise<Runtime | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  const { version } = value as { readonly version: number };
  if (version !== 1) throw new Error(`${path} has version ${version}, which this agent does not know`);
  validate(InstanceRuntimeFile, value, path);
  // The rest was written by an agent, too, for QEMU alone.
  return value as Runtime;
}

/** UUIDs of the instances that have a directory under `runDir`. */
export async function listInstanceDirectories(runDir: string): Promise<string[]> {
  try {
    return (await readdir(join(runDir, nodeFileNames.instances))).filter((name) => /^[0-9a-f-]{36}$/.test(name)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
