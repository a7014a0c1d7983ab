import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError, minimalEnvironment, systemClock } from '../../base/index.ts';
import type { OsInstallRequest } from '../os-port.ts';
import { blockNode, formatOf } from '../storage/block-node.ts';
import type { ScriptDisk } from './os-environment.ts';

type ActiveDisk = OsInstallRequest['disks'][number];

/**
 * Calls `work` with disks that scripts can use: raw files and devices as they are, everything else as raw files that
 * qemu-storage-daemon shows through FUSE. When it returns, the daemons have written everything and are gone.
 * @param workDir a folder for the raw files, made when missing
 * @throws OS_DISK_FAILED, and what `work` throws
 */
export async function withRawDisks<T>(
  disks: readonly ActiveDisk[],
  workDir: string,
  work: (disks: readonly ScriptDisk[]) => Promise<T>,
): Promise<T> {
  const views: RawView[] = [];
  try {
    const usable: ScriptDisk[] = [];
    for (const disk of disks) {
      const { uuid, mode, driver } = disk;
      const ownPath = rawPath(disk);
      const view = ownPath === undefined ? await openWhenFree(disk, workDir) : undefined;
      if (view) views.push(view);
      usable.push({ uuid, mode, path: view?.path ?? ownPath ?? '', block: driver === 'host_device' });
    }
    return await work(usable);
  } finally {
    for (const view of views) await view.close();
  }
}

/** The path of what scripts can use as it is; undefined: only QEMU can open it. */
function rawPath(disk: ActiveDisk): string | undefined {
  if (disk.driver === 'mount') return disk.path;
  return disk.format === 'raw' && (disk.driver === 'file' || disk.driver === 'host_device') ? disk.path : undefined;
}

interface RawView {
  readonly path: string;
  /** @throws OS_DISK_FAILED when the daemon did not end well */
  close(): Promise<void>;
}

/** After the death of an agent its daemons may need a moment to write everything and to free the disk. */
async function openWhenFree(disk: ActiveDisk, workDir: string): Promise<RawView> {
  await mkdir(workDir, { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt++) {
    try {
      await removeLeftovers(disk, workDir);
      return await openView(disk, workDir);
    } catch (thrown) {
      const busy = thrown instanceof Error && /Failed to get .* lock|EBUSY/.test(thrown.message);
      if (!busy || attempt === 25) throw thrown;
      await systemClock.sleep(200);
    }
  }
}

async function removeLeftovers(disk: ActiveDisk, workDir: string): Promise<void> {
  for (const name of await readdir(workDir)) if (name.startsWith(disk.uuid)) await rm(join(workDir, name), { force: true });
}

async function openView(disk: ActiveDisk, workDir: string): Promise<RawView> {
  const name = `${disk.uuid}-${randomBytes(4).toString('hex')}`;
  const path = join(workDir, `${name}.raw`);
  const pidFile = join(workDir, `${name}.pid`);
  await writeFile(path, '', { mode: 0o600 });
  const readOnly = disk.mode === 'ro';
  const fileNode = { ...blockNode(disk), 'node-name': 'file', 'read-only': readOnly };
  const diskNode = { driver: formatOf(disk), 'node-name': 'disk', file: 'file', 'read-only': readOnly };
  const fuseExport = { type: 'fuse', id: 'raw', 'node-name': 'disk', mountpoint: path, writable: !readOnly };
  // The daemon ends, with everything written, when the agent dies.
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'TERM', 'qemu-storage-daemon', '--pidfile', pidFile],
      ...['--blockdev', JSON.stringify(fileNode), '--blockdev', JSON.stringify(diskNode), '--export', JSON.stringify(fuseExport)],
    ],
    { env: minimalEnvironment, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const daemon = watch(child);
  const close = async (): Promise<void> => {
    if (daemon.outcome() === undefined) child.kill('SIGTERM');
    const outcome = await daemon.ended;
    await rm(path, { force: true });
    await rm(pidFile, { force: true });
    if (outcome !== 'exit code 0') throw diskFailed(disk, `${outcome}: ${daemon.stderr()}`);
  };
  // The pid file is written when everything is set up.
  while (!(await isThere(pidFile))) {
    if (daemon.outcome() !== undefined) {
      await rm(path, { force: true });
      throw diskFailed(disk, daemon.stderr() || `qemu-storage-daemon ended with ${daemon.outcome()}`);
    }
    await systemClock.sleep(20);
  }
  return { path, close };
}

/** Follows a child to its end without a moment in which its end could be missed. */
function watch(child: ChildProcess) {
  let outcome: string | undefined;
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    stderr = (stderr + piece).slice(-2000);
  });
  const ended = new Promise<string>((resolve) => {
    const settle = (text: string) => {
      outcome = text;
      resolve(text);
    };
    child.on('error', (error) => settle(error.message));
    child.on('close', (code, killedBy) => settle(code === null ? `signal ${killedBy}` : `exit code ${code}`));
  });
  return { ended, outcome: () => outcome, stderr: () => stderr.trim() };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const diskFailed = (disk: ActiveDisk, problem: string): GantryError => new GantryError('OS_DISK_FAILED', { disk: disk.uuid, problem });
