import { chmod, copyFile, lutimes, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GantryError, minimalEnvironment, run } from '../../base/index.ts';
import type { PackageFile } from './package-file.ts';

/** Fast, and a tenth larger than the slowest. It is part of what makes two builds the same. */
const compression = ['-Zzstd', '-z9'];
const buildTimeoutMs = 10 * 60_000;

/**
 * Makes a package of these files. The same files and time give the same bytes: dpkg-deb sorts them, they belong to root,
 * and all have this time.
 * @param epoch seconds since 1970
 * @throws PACKAGE_BUILD_FAILED
 */
export async function writePackage(target: string, files: readonly PackageFile[], epoch: number, signal: AbortSignal): Promise<void> {
  const partial = `${target}.partial`;
  let stage: string | undefined;
  try {
    await mkdir(dirname(target), { recursive: true });
    stage = await mkdtemp(join(tmpdir(), 'gantry-package-'));
    await writeStage(stage, files, epoch, signal);
    const env = { ...minimalEnvironment, SOURCE_DATE_EPOCH: String(epoch), TMPDIR: tmpdir() };
    await run('dpkg-deb', ['--root-owner-group', ...compression, '--build', stage, partial], { env, signal, timeoutMs: buildTimeoutMs });
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof GantryError && error.code === 'CANCELLED') throw error;
    throw new GantryError('PACKAGE_BUILD_FAILED', { folder: dirname(target), detail: (error as Error).message }, { cause: error });
  } finally {
    if (stage) await rm(stage, { recursive: true, force: true });
  }
}

async function writeStage(stage: string, files: readonly PackageFile[], epoch: number, signal: AbortSignal): Promise<void> {
  const folders = new Set<string>([stage]);
  await chmod(stage, 0o755);
  for (const file of files) {
    signal.throwIfAborted();
    const path = join(stage, file.target);
    await makeFolders(dirname(path), folders);
    const { from } = file;
    if ('link' in from) await symlink(from.link, path);
    else {
      if ('path' in from) await copyFile(from.path, path);
      else await writeFile(path, from.text);
      await chmod(path, file.mode);
    }
    await lutimes(path, epoch, epoch);
  }
  // The deepest first: a folder's time changes with its content.
  for (const folder of [...folders].sort().reverse()) await lutimes(folder, epoch, epoch);
}

/** Each with the same permissions, whatever the umask of who builds. */
async function makeFolders(folder: string, made: Set<string>): Promise<void> {
  if (made.has(folder)) return;
  await makeFolders(dirname(folder), made);
  await mkdir(folder);
  await chmod(folder, 0o755);
  made.add(folder);
}
