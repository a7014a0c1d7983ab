import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GantryError, minimalEnvironment, oneLine } from '../../../base/index.ts';
import { identifyProcess, type ProcessIdentity } from '../../../host/index.ts';
import { type HandedSocket, type OpenSockets, openSockets } from './handed-sockets.ts';
import type { InstanceFiles } from './instance-files.ts';

const logLimitBytes = 1024 * 1024;
const messageLines = 6;

/** A QEMU that was just started. */
export interface LaunchedQemu {
  readonly process: ProcessIdentity;
  /** True as soon as it has ended. */
  readonly ended: () => boolean;
  /** What it wrote since it was launched, without noise; for the user. */
  readonly message: () => Promise<string>;
}

export interface LaunchRequest {
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly files: InstanceFiles;
  /** What it listens on, as descriptors from 3 on. */
  readonly sockets: readonly HandedSocket[];
  readonly now: number;
}

/**
 * Starts QEMU in a session of its own, with its output in the log, so that it does not notice when the agent ends.
 * @throws HYPERVISOR_START_FAILED when it cannot be executed at all
 */
export async function launchQemu({ name, command, files, sockets, now }: LaunchRequest): Promise<LaunchedQemu> {
  const log = await openLog(files.log);
  let handed: OpenSockets | undefined;
  try {
    handed = await openSockets(files, sockets);
    // On a full disk the machine starts without this line.
    await log.write(`${oneLine(`=== ${new Date(now).toISOString()} ${command.join(' ')}`)}\n`).catch(() => undefined);
    const offset = (await log.stat()).size;
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      cwd: files.workDirectory,
      detached: true,
      env: minimalEnvironment,
      stdio: ['ignore', log.fd, log.fd, ...handed.descriptors],
    });
    let ended = false;
    child.once('exit', () => {
      ended = true;
    });
    await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error))]);
    child.unref();
    const identity = await identifyProcess(child.pid as number);
    const message = () => readMessage(files.log, offset);
    if (!identity) throw new Error(await message());
    return { process: identity, ended: () => ended, message };
  } catch (error) {
    throw new GantryError('HYPERVISOR_START_FAILED', { name, problem: (error as Error).message, log: files.log }, { cause: error });
  } finally {
    await handed?.close();
    await log.close();
  }
}

/** The log, or where nothing is kept when it cannot be written: a machine starts all the same, and verify tells. */
async function openLog(path: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    await rotate(path);
    return await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o640);
  } catch {
    return open('/dev/null', 'a');
  }
}

async function rotate(path: string): Promise<void> {
  try {
    if ((await stat(path)).size > logLimitBytes) await rename(path, `${path}.1`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function readMessage(path: string, offset: number): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (!file) return 'its log cannot be read';
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(16_384), 0, 16_384, offset);
    return cleanMessage(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await file.close();
  }
}

/** It may not remove the sockets that it was given, and tries to at its end. */
const noise = ["warning: host doesn't support requested feature", 'Failed to unlink socket'];

/** QEMU's last lines without the program's name and without warnings about missing processor features. */
export function cleanMessage(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^(?:\S*\/)?qemu-system-\w+: /, '').trim())
    .filter((line) => line !== '' && !noise.some((start) => line.startsWith(start)));
  return lines.slice(-messageLines).join('; ') || 'it ended without a message';
}
