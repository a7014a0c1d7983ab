import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GantryError, type Log, run } from '../../base/index.ts';
import { type CpioEntry, cpioArchive } from './cpio-archive.ts';
import { resolveModules } from './kernel-modules.ts';

/** Folder of the OS definitions that come with Gantry: `tiny` and `image`. */
export const builtinOsDir = join(import.meta.dirname, '../../../os');

const guestDir = join(builtinOsDir, 'tiny', 'guest');
const kernelMetaPackage = `linux-image-cloud-${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;

/** In the order in which the guest loads them; what they depend on is added. */
const wantedModules = [
  'virtio_pci',
  'virtio_blk',
  'virtio_net',
  'virtio_balloon',
  'virtio-rng',
  'virtio_console',
  'button',
  'evdev',
] as const;

const kernelArgs = 'console=ttyS0 quiet panic=5 tsc=reliable no_timer_check mitigations=off random.trust_cpu=on';

/** Written last, so that an image that has it is whole. Sizes in bytes. */
interface Manifest {
  readonly recipe: string;
  readonly kernel: string;
  readonly sizes: Record<string, number>;
}

const imagePaths = (dir: string) => ({
  kernel: join(dir, 'vmlinuz'),
  initrd: join(dir, 'initrd.gz'),
  manifest: join(dir, 'manifest.json'),
});

/** The hypervisor parameters that boot instances of the `tiny` OS from the image in `dir`, for `os_hvp`. */
export function tinyHvparams(dir: string): { kernel_path: string; initrd_path: string; kernel_args: string; root_path: string } {
  const { kernel, initrd } = imagePaths(dir);
  return { kernel_path: kernel, initrd_path: initrd, kernel_args: kernelArgs, root_path: '' };
}

/**
 * Makes the kernel and initrd of the `tiny` OS in `targetDir` (a folder for nothing else) from Debian's cloud kernel and
 * BusyBox packages. Does nothing when they are there; safe when two processes do it at once.
 * @throws OS_TINY_BUILD_FAILED, CANCELLED
 */
export async function buildTinyImage(
  targetDir: string,
  options: { readonly log: Log; readonly signal?: AbortSignal },
): Promise<{ changed: boolean; kernel: string }> {
  const recipe = await recipeDigest();
  const found = await readManifest(targetDir);
  if (found?.recipe === recipe) return { changed: false, kernel: found.kernel };
  await mkdir(dirname(targetDir), { recursive: true });
  const stagingDir = `${targetDir}.new-${randomBytes(6).toString('hex')}`;
  const packageDir = await mkdtemp(join(tmpdir(), 'gantry-tiny-'));
  try {
    options.log.info({ targetDir }, 'building the image of the tiny OS');
    await mkdir(stagingDir, { mode: 0o755 });
    const kernel = await build(packageDir, stagingDir, recipe, options.signal);
    const changed = await publish(stagingDir, targetDir, recipe);
    options.log.info({ targetDir, kernel }, 'the image of the tiny OS is ready');
    return { changed, kernel };
  } catch (thrown) {
    if (thrown instanceof GantryError && ['CANCELLED', 'OS_TINY_BUILD_FAILED'].includes(thrown.code)) throw thrown;
    const problem = thrown instanceof Error ? thrown.message : String(thrown);
    throw new GantryError('OS_TINY_BUILD_FAILED', { problem, kernel: kernelMetaPackage }, { cause: thrown });
  } finally {
    await rm(packageDir, { recursive: true, force: true });
    await rm(stagingDir, { recursive: true, force: true });
  }
}

/** What the image is made of besides the packages; another recipe means another image. */
async function recipeDigest(): Promise<string> {
  const hash = createHash('sha256').update(`1 ${kernelMetaPackage} ${wantedModules.join()} `);
  for (const name of (await readdir(guestDir)).sort()) hash.update(name).update(await readFile(join(guestDir, name)));
  return hash.digest('hex');
}

/** The manifest of a whole image, or undefined where there is none. */
async function readManifest(dir: string): Promise<Manifest | undefined> {
  const text = await readFile(imagePaths(dir).manifest, 'utf8').catch(ifMissing(undefined));
  if (text === undefined) return undefined;
  const manifest = JSON.parse(text) as Manifest;
  for (const [name, size] of Object.entries(manifest.sizes)) {
    const stats = await lstat(join(dir, name)).catch(ifMissing(undefined));
    if (stats?.size !== size) return undefined;
  }
  return manifest;
}

async function build(packageDir: string, stagingDir: string, recipe: string, signal: AbortSignal | undefined): Promise<string> {
  const rootDir = join(packageDir, 'root');
  const kernelPackage = await resolveKernelPackage(signal);
  await unpack([kernelPackage, 'busybox-static'], packageDir, rootDir, signal);
  const kernel = kernelPackage.replace('linux-image-', '');
  const modules = await resolveModules(rootDir, kernel, wantedModules);
  const paths = imagePaths(stagingDir);
  const contents = {
    [paths.kernel]: await readFile(join(rootDir, 'boot', `vmlinuz-${kernel}`)),
    [paths.initrd]: gzipSync(cpioArchive(await initrdEntries(rootDir, modules)), { level: 6 }),
  };
  const sizes: Record<string, number> = {};
  for (const [path, content] of Object.entries(contents)) {
    await writeFile(path, content, { mode: 0o644, flush: true });
    sizes[basename(path)] = content.length;
  }
  await writeFile(paths.manifest, JSON.stringify({ recipe, kernel, sizes } satisfies Manifest), { mode: 0o644, flush: true });
  return kernel;
}

/** The meta package depends on the package of the current kernel. */
async function resolveKernelPackage(signal: AbortSignal | undefined): Promise<string> {
  const { stdout } = await run('apt-cache', ['depends', kernelMetaPackage], { ...(signal && { signal }) });
  const name = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  if (name) return name;
  const problem = `apt-cache knows no kernel package for ${kernelMetaPackage}`;
  throw new GantryError('OS_TINY_BUILD_FAILED', { problem, kernel: kernelMetaPackage });
}

async function unpack(names: readonly string[], packageDir: string, rootDir: string, signal: AbortSignal | undefined): Promise<void> {
  const options = { cwd: packageDir, timeoutMs: 300_000, ...(signal && { signal }) };
  await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', ...names], options);
  const debs = (await readdir(packageDir)).filter((name) => name.endsWith('.deb'));
  for (const deb of debs) await run('dpkg-deb', ['-x', deb, rootDir], options);
}

async function initrdEntries(rootDir: string, modules: readonly string[]): Promise<CpioEntry[]> {
  const guest = async (path: string, name: string, mode: number): Promise<CpioEntry> => ({
    path,
    type: 'file',
    mode,
    content: await readFile(join(guestDir, name)),
  });
  const directories = 'bin sbin usr usr/bin usr/sbin dev proc sys run tmp root data lib lib/modules etc etc/acpi etc/acpi/PWRF';
  const busybox = await readFile(join(rootDir, 'bin', 'busybox'));
  // The build machine is a Linux host of the same architecture, so BusyBox itself can name its applets.
  const { stdout } = await run(join(rootDir, 'bin', 'busybox'), ['--list-full']);
  const applets = stdout.split('\n').filter((path) => path !== '' && path !== 'bin/busybox' && path.includes('/'));
  const parents = new Set([...directories.split(' '), ...applets.map((path) => dirname(path))]);
  const entries: CpioEntry[] = [...parents].sort().map((path) => ({ path, type: 'directory' }));
  entries.push({ path: 'dev/console', type: 'character-device', major: 5, minor: 1 });
  entries.push({ path: 'bin/busybox', type: 'file', mode: 0o755, content: busybox });
  entries.push(...applets.map((path): CpioEntry => ({ path, type: 'link', target: '/bin/busybox' })));
  for (const path of modules) entries.push({ path: `lib/modules/${basename(path)}`, type: 'file', content: await readFile(path) });
  const order = modules.map((path) => `${basename(path)}\n`).join('');
  entries.push({ path: 'lib/modules/order', type: 'file', content: order });
  entries.push({ path: 'etc/passwd', type: 'file', content: 'root:x:0:0:root:/root:/bin/sh\n' });
  entries.push({ path: 'etc/group', type: 'file', content: 'root:x:0:\ntty:x:5:\n' });
  entries.push(await guest('init', 'init', 0o755), await guest('etc/inittab', 'inittab', 0o644), await guest('etc/issue', 'issue', 0o644));
  entries.push(await guest('etc/stop', 'stop', 0o755), await guest('etc/udhcpc', 'udhcpc', 0o755));
  entries.push(await guest('etc/acpi/PWRF/00000080', 'power-button', 0o755));
  return entries;
}

/** Puts the finished folder in place. @returns false when another process was faster */
async function publish(stagingDir: string, targetDir: string, recipe: string): Promise<boolean> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await rename(stagingDir, targetDir);
      return true;
    } catch (thrown) {
      const code = (thrown as NodeJS.ErrnoException).code;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw thrown;
    }
    if ((await readManifest(targetDir))?.recipe === recipe) return false;
    const oldDir = `${targetDir}.old-${randomBytes(6).toString('hex')}`;
    await rename(targetDir, oldDir).catch(ifMissing(undefined));
    await rm(oldDir, { recursive: true, force: true });
  }
  const problem = `${targetDir} is changed by somebody else all the time`;
  throw new GantryError('OS_TINY_BUILD_FAILED', { problem, kernel: kernelMetaPackage });
}

const ifMissing =
  <T>(value: T) =>
  (thrown: unknown): T => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return value;
    throw thrown;
  };
