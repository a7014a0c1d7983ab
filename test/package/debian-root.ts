import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/base/index.ts';
import { listPackages } from '../../src/cli/local/debian-packages.ts';

const cache = join(import.meta.dirname, '../../.cache/debian-roots');

/**
 * A folder with a fresh Debian and the packages that Gantry depends on. It is kept: what it was made from is its name.
 * Nobody writes to it; tests work in layers above it.
 */
export async function debianRoot(): Promise<string> {
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'bookworm';
  const include = (await listPackages(['run'])).map(({ name }) => name).join(',');
  const args = ['--mode=root', '--format=directory', '--variant=minbase', `--include=${include}`, suite];
  const root = join(cache, createHash('sha256').update(args.join('\n')).digest('hex').slice(0, 16));
  if (existsSync(root)) return root;
  mkdirSync(cache, { recursive: true });
  const partial = `${root}.${process.pid}`;
  try {
    await run('mmdebstrap', [...args, partial], { timeoutMs: 10 * 60_000 });
    if (!existsSync(root)) renameSync(partial, root);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return root;
}
