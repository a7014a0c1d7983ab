import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GantryError, minimalEnvironment, oneLine } from '../../../base/index.ts';
import type { InstanceFiles } from './instance-files.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

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

/**
 * Starts QEMU in a session of its own, with its output in the log, so that it does not notice when the agent ends.
 * @param command program and arguments
 * @throws HYPERVISOR_START_FAILED when it cannot be executed at all
 */
export async function launchQemu(name: string, command: readonly string[], files: InstanceFiles, now: number): Promise<LaunchedQemu> {
  const log = await openLog(files.log);
  try {
    // On a full disk the machine starts without this line.
    await log.write(`${oneLine(`=== ${new Date(now).toISOString()} ${command.join(' ')}`)}\n`).catch(() => undefined);
    const offset = (await log.stat()).size;
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      cwd: files.workDirectory,
      detached: true,
      env: minimalEnvironment,
      stdio: ['ignore', log.fd, log.fd],
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
    await log.close();
  }
}

/** The log, or where nothing is kept when it cannot be written: a machine starts all the same, and verify tells. */
async function openLog(path: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    await rotate(path);
    return await open(path, 'a', 0o640);
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

/** QEMU's last lines without the program's name and without warnings about missing processor features. */
export function cleanMessage(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^(?:\S*\/)?qemu-system-\w+: /, '').trim())
    .filter((line) => line !== '' && !line.startsWith("warning: host doesn't support requested feature"));
  return lines.slice(-messageLines).join('; ') || 'it ended without a message';
}
