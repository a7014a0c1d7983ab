import { readFileSync } from 'node:fs';
import { lstat, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type PackageFile, programFolder, textFile } from './package-file.ts';
import { reachableSources } from './reachable-sources.ts';
import { git } from './read-sources.ts';

/** What of the checkout runs on a host. */
const shipped = ['src', 'os', 'plugins', 'bin', 'tools/debian-packages.txt'];
const testsOnly = /\.test\.ts$|(^|\/)(testing|testdata)\//;
const entry = 'src/cli/main.ts';

/** Identifies a build. */
export interface BuildStamp {
  /** Version of the package. */
  readonly version: string;
  readonly commit: string;
}

/** The sources as git lists them, and the description of the build that the programs read. */
export async function programFiles(root: string, stamp: BuildStamp): Promise<PackageFile[]> {
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate', '--', ...shipped];
  const { stdout } = await git(root, listed);
  const candidates = new Set(stdout.split('\0').filter((path) => path !== '' && !testsOnly.test(path)));
  const reached = reachableSources(entry, (path) => (candidates.has(path) ? sourceText(join(root, path)) : undefined));
  const paths = [...candidates].filter((path) => reached.has(path) || !/^src\/.*\.ts$/.test(path));
  const files: PackageFile[] = [];
  for (const path of paths.sort()) {
    // A file that was removed, but not from git's index, is not there.
    const found = await lstat(join(root, path)).catch(() => undefined);
    if (!found) continue;
    const from = found.isSymbolicLink() ? { link: await readlink(join(root, path)) } : { path: join(root, path) };
    files.push({ target: `${programFolder}/${path}`, from, mode: (found.mode & 0o100) === 0 ? 0o644 : 0o755 });
  }
  return [...files, await description(root, stamp)];
}

function sourceText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** package.json with the version of the package, without what only a checkout needs. */
async function description(root: string, { version, commit }: BuildStamp): Promise<PackageFile> {
  const {
    name,
    type,
    license,
    description: about,
    engines,
  } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const content = { name, version, private: true, type, license, description: about, engines, gantry: { commit } };
  return textFile(`${programFolder}/package.json`, `${JSON.stringify(content, null, 2)}\n`);
}
