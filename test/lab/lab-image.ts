import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/base/index.ts';
import { buildRoot } from './build-root.ts';
import { imagePackages } from './image-recipe.ts';
import { saveState } from './save-state.ts';
import { withFileLock } from './with-file-lock.ts';

/** A whole image: files that nobody writes to. */
export interface LabImage {
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
  /** Memory and devices of a guest that has booted from `disk`. */
  readonly state: string;
  /** Public host key of sshd, the same in all guests. */
  readonly hostKey: string;
}

const recipeFiles = ['image-recipe.ts', 'build-root.ts', 'save-state.ts', 'machine-arguments.ts'];
/** Another branch may use an image that this one does not. */
const keepDays = 3;

/** Only this user may look into it: it has the key of the guests' sshd. */
export const cacheDir = (): string => join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gantry-lab');

/** Takes the image from the cache, or builds it there: one process does, the others wait. */
export async function ensureLabImage(note: (text: string) => void): Promise<LabImage> {
  const key = await imageKey();
  const dir = join(cacheDir(), key);
  await mkdir(cacheDir(), { recursive: true, mode: 0o700 });
  if (!(await exists(dir))) {
    await withFileLock(join(cacheDir(), 'lock'), async () => {
      if (!(await exists(dir))) await build(dir, note);
    });
  }
  await utimes(dir, new Date(), new Date());
  return imageIn(dir);
}

async function build(dir: string, note: (text: string) => void): Promise<void> {
  await removeOld();
  const began = performance.now();
  note('Building the image of the lab guests, which takes about two minutes …');
  const staging = await mkdtemp(join(cacheDir(), 'new-'));
  try {
    const root = await buildRoot(staging);
    note(`  packages and disk: ${Math.round((performance.now() - began) / 1000)} s`);
    await saveState(root, staging);
    for (const name of await readdir(staging)) if (name.startsWith('build.')) await rm(join(staging, name));
    note(`  with saved state: ${Math.round((performance.now() - began) / 1000)} s`);
    await rename(staging, dir);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function imageIn(dir: string): LabImage {
  const path = (name: string) => join(dir, name);
  return {
    disk: path('disk.raw'),
    kernel: path('vmlinuz'),
    initrd: path('initrd.gz'),
    state: path('state'),
    hostKey: path('host_key.pub'),
  };
}

/** Changes with whatever the image is made of: the recipe, the versions of the packages, and QEMU, whose states fit no other version. */
async function imageKey(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of recipeFiles) hash.update(await readFile(join(import.meta.dirname, name)));
  const packages = await imagePackages();
  const { stdout: candidates } = await run('apt-cache', ['policy', ...packages]);
  hash.update(packages.join()).update(candidates.match(/^\S+:$|Candidate: .*/gm)?.join() ?? '');
  hash.update((await run('qemu-system-x86_64', ['--version'])).stdout);
  return hash.digest('hex').slice(0, 20);
}

/** Under the lock: what is half built here belongs to nobody. */
async function removeOld(): Promise<void> {
  for (const name of await readdir(cacheDir())) {
    const path = join(cacheDir(), name);
    if (!/^(new-.*|[0-9a-f]{20})$/.test(name)) continue;
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    if (name.startsWith('new-') || ageMs > keepDays * 24 * 3_600_000) await rm(path, { recursive: true, force: true });
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
