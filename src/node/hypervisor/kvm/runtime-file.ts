import { open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessIdentity } from '../../../host/index.ts';
import type { StartRequest } from '../hypervisor.ts';

/** What the agent must know to find an instance again after its own restart: `runtime.json` of the instance. */
export interface Runtime {
  readonly version: 1;
  readonly uuid: string;
  readonly name: string;
  /** Null between the decision to start and the start; then the process is looked for by its working directory. */
  readonly process: ProcessIdentity | null;
  readonly machine: string;
  readonly accelerator: string;
  readonly uid: number;
  /** `incoming`: it waits for the state of another node. `off`: the guest switched itself off and QEMU was ended. */
  readonly phase: 'starting' | 'running' | 'incoming' | 'off';
  /** Where an incoming migration is awaited. */
  readonly incoming: { readonly address: string; readonly port: number } | null;
  /** 2: the sockets lie in the instance's directory, where only root writes. An earlier agent let QEMU make them in `q/`. */
  readonly layout?: 2;
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
    await file.writeFile(`${JSON.stringify(runtime, null, 1)}\n`);
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
  const value = JSON.parse(text) as Omit<Runtime, 'version'> & { version: number };
  if (value.version !== 1) throw new Error(`${path} has version ${value.version}, which this agent does not know`);
  return { ...value, version: 1 };
}

/** UUIDs of the instances that have a directory under `runDir`. */
export async function listInstanceDirectories(runDir: string): Promise<string[]> {
  try {
    return (await readdir(join(runDir, 'instances'))).filter((name) => /^[0-9a-f-]{36}$/.test(name)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
