import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GantryError, run } from '../../base/index.ts';

const nameOf = (path: string): string =>
  basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');

/**
 * Files of kernel modules with everything they depend on, in an order in which they can be loaded one by one.
 * Modules that are built into the kernel need no file and are left out.
 * @param rootDir where the kernel package was unpacked
 * @param kernel version of the kernel, as in `lib/modules/<version>`
 */
export async function resolveModules(rootDir: string, kernel: string, wanted: readonly string[]): Promise<string[]> {
  const modulesDir = join(rootDir, 'lib', 'modules', kernel);
  await run('depmod', ['--basedir', rootDir, kernel]);
  const builtin = new Set((await readFile(join(modulesDir, 'modules.builtin'), 'utf8')).split('\n').map(nameOf));
  const dependencies = new Map<string, { readonly path: string; readonly needs: readonly string[] }>();
  for (const line of (await readFile(join(modulesDir, 'modules.dep'), 'utf8')).split('\n')) {
    const [path, needs] = line.split(':');
    if (path) dependencies.set(nameOf(path), { path, needs: (needs ?? '').split(' ').filter(Boolean).map(nameOf) });
  }
  const order: string[] = [];
  const visit = (name: string): void => {
    if (builtin.has(name)) return;
    const found = dependencies.get(name);
    if (!found) throw new GantryError('OS_TINY_BUILD_FAILED', { problem: `kernel ${kernel} has no module ${name}`, kernel });
    const path = join(modulesDir, found.path);
    if (order.includes(path)) return;
    found.needs.forEach(visit);
    order.push(path);
  };
  wanted.map(nameOf).forEach(visit);
  return order;
}
