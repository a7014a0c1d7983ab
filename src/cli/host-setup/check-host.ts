import { access, constants, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { GantryError } from '../../base/index.ts';
import { isRoot } from '../../host/index.ts';

/** A port on which a daemon is going to listen. */
export interface PlannedPort {
  readonly daemon: 'REST API' | 'node agent' | 'monitoring agent';
  readonly host: string;
  readonly port: number;
  /** With which another one is chosen. */
  readonly option: string;
}

/** @throws INPUT_INVALID */
export function plannedPort(daemon: PlannedPort['daemon'], host: string, text: string, option: string): PlannedPort {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return { daemon, host, port, option };
  throw new GantryError('INPUT_INVALID', { subject: 'gantry', field: option, problem: `"${text}" is not a TCP port` });
}

export interface HostPlan {
  /** Without "gantry". */
  readonly command: string;
  readonly folders: readonly string[];
  /** None are looked at when the daemons may run already. */
  readonly ports: readonly PlannedPort[];
}

/** MiB in each folder. */
const needed = 64;
const mebibyte = 1024 * 1024;
const dayMs = 86_400_000;

/**
 * Whether this host can do what is planned. Nothing is changed.
 * @throws HOST_NOT_ROOT, HOST_CLOCK_WRONG, HOST_FOLDER_UNUSABLE, HOST_DISK_FULL, HOST_PORT_TAKEN
 */
export async function checkHost({ command, folders, ports }: HostPlan): Promise<void> {
  if (!isRoot()) throw new GantryError('HOST_NOT_ROOT', { command });
  await checkClock();
  for (const folder of folders) await checkFolder(folder);
  for (const port of ports) await checkPort(port);
}

/** A host without a battery for its clock begins in 1970; a day is allowed for time zones in archives. */
async function checkClock(now = Date.now()): Promise<void> {
  const { mtimeMs } = await stat(join(import.meta.dirname, '../../../package.json'));
  const least = mtimeMs - dayMs;
  if (now < least) throw new GantryError('HOST_CLOCK_WRONG', { now: time(now), least: time(least) });
}

const time = (ms: number): string => new Date(ms).toISOString();

/** The folder need not exist; then the one in which it is going to be made counts. */
async function checkFolder(folder: string): Promise<void> {
  let there = folder;
  try {
    while (!(await isFolder(there))) there = dirname(there);
    await access(there, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(there);
    const free = Math.floor((bavail * bsize) / mebibyte);
    if (free < needed) throw new GantryError('HOST_DISK_FULL', { folder, free, needed });
  } catch (error) {
    if (error instanceof GantryError) throw error;
    throw new GantryError('HOST_FOLDER_UNUSABLE', { folder, problem: (error as Error).message }, { cause: error });
  }
}

/** @returns false when there is nothing of the name @throws Error when it is something else */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  throw new Error(`${path} is not a folder`);
}

function checkPort({ daemon, host, port, option }: PlannedPort): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const facts = { daemon, address: `${host}:${port}`, problem: error.code ?? error.message, option };
      reject(new GantryError('HOST_PORT_TAKEN', facts, { cause: error }));
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}
