import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { minimalEnvironment, run } from '../../src/base/index.ts';
import { type CpioEntry, cpioArchive } from '../../src/node/os/cpio-archive.ts';
import { resolveModules } from '../../src/node/os/kernel-modules.ts';
import { imageFiles, imageLinks, imagePackages, initrdInit, initrdModules, leftOut } from './image-recipe.ts';

/** What a guest is started from. */
export interface BuiltRoot {
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
}

const diskBytes = 8 * 1024 ** 3;

/** Installs the packages into a folder below `dir` and makes a disk, a kernel and an initial RAM file system of it there. Only root can. */
export async function buildRoot(dir: string): Promise<BuiltRoot> {
  const root = join(dir, 'root');
  const built = { disk: join(dir, 'disk.raw'), kernel: join(dir, 'vmlinuz'), initrd: join(dir, 'initrd.gz') };
  await installPackages(root);
  await writeOwnFiles(root);
  await copyFile(join(root, 'etc/ssh/ssh_host_ed25519_key.pub'), join(dir, 'host_key.pub'));
  const [kernel = ''] = await readdir(join(root, 'lib/modules'));
  await writeFile(built.kernel, await readFile(join(root, 'boot', `vmlinuz-${kernel}`)));
  const modules = await resolveModules(root, kernel, initrdModules);
  await writeFile(built.initrd, gzipSync(cpioArchive(await initrdEntries(root, modules)), { level: 1 }));
  for (const name of await readdir(join(root, 'boot'))) if (/^(initrd|System\.map)/.test(name)) await rm(join(root, 'boot', name));
  const quick = 'lazy_itable_init=1,lazy_journal_init=1,nodiscard';
  await run('mke2fs', ['-q', '-t', 'ext4', '-L', 'lab', '-m', '0', '-E', quick, '-d', root, built.disk, `${diskBytes / 1024}k`], {
    timeoutMs: 300_000,
  });
  await rm(root, { recursive: true, force: true });
  return built;
}

async function installPackages(root: string): Promise<void> {
  const options = ['force-unsafe-io', ...leftOut.map((path) => `path-exclude=${path}`)].map((option) => `--dpkgopt=${option}`);
  const include = `--include=${(await imagePackages()).join(',')}`;
  const { suite, sources } = await debianSources();
  const args = ['--quiet', '--mode=root', '--variant=minbase', '--skip=check/empty', ...options, include, suite, root, ...sources];
  const proxies = Object.entries(process.env).filter(([name, value]) => /^https?_proxy$/i.test(name) && value);
  const env = { ...minimalEnvironment, ...(Object.fromEntries(proxies) as Record<string, string>) };
  // With namespaces of their own, its mounts and processes end with it, also when it is killed together with this process.
  const apart = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  await run('setpriv', [...apart, 'mmdebstrap', ...args], { timeoutMs: 15 * 60_000, env });
  // What the build leaves out, the guest's own dpkg is not to leave out.
  await rm(join(root, 'etc/dpkg/dpkg.cfg.d/99mmdebstrap'), { force: true });
}

/** The mirrors of Debian that this host uses. */
async function debianSources(): Promise<{ suite: string; sources: string[] }> {
  const args = ['--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages', 'Origin: Debian'];
  const { stdout } = await run('apt-get', ['indextargets', ...args]);
  const sources = [...new Set(stdout.split('\n').filter((line) => line.trim() !== ''))].map((line) => `deb ${line}`);
  const suite = /^VERSION_CODENAME=(\S+)/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1] ?? 'bookworm';
  return { suite, sources: sources.length > 0 ? sources : [`deb http://deb.debian.org/debian ${suite} main`] };
}

async function writeOwnFiles(root: string): Promise<void> {
  for (const [path, content] of Object.entries(imageFiles)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await rm(join(root, path), { force: true });
    await writeFile(join(root, path), content);
  }
  for (const [path, target] of Object.entries(imageLinks)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await rm(join(root, path), { force: true });
    await symlink(target, join(root, path));
  }
}

async function initrdEntries(root: string, modules: readonly string[]): Promise<CpioEntry[]> {
  const folders = ['bin', 'dev', 'proc', 'system', 'modules', 'lib', 'lib64', 'lib/x86_64-linux-gnu'];
  const entries: CpioEntry[] = folders.map((path) => ({ path, type: 'directory' }));
  entries.push({ path: 'dev/console', type: 'character-device', major: 5, minor: 1 });
  const { stdout } = await run('chroot', [root, 'ldd', '/bin/busybox']);
  const libraries = [...stdout.matchAll(/(\/lib\S+) \(/g)].map(([, path = '']) => path);
  for (const path of ['/bin/busybox', ...libraries]) {
    entries.push({ path: path.slice(1), type: 'file', mode: 0o755, content: await readFile(join(root, path)) });
  }
  const names = modules.map((path) => path.split('/').at(-1) ?? '');
  for (const [index, path] of modules.entries()) {
    entries.push({ path: `modules/${names[index]}`, type: 'file', content: await readFile(path) });
  }
  entries.push({ path: 'modules/order', type: 'file', content: `${names.join('\n')}\n` });
  entries.push({ path: 'init', type: 'file', mode: 0o755, content: initrdInit });
  return entries;
}
