import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GantryError, writeFileAtomic } from '../../base/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { localOptions, outputMode } from '../local/local-options.ts';
import { type ProgressSteps, progressSteps } from '../local/progress-steps.ts';
import { formatSize } from '../output/format-values.ts';
import { printJson, printLine } from '../output/print.ts';
import { renderTable } from '../output/table.ts';
import { controlFiles } from './control-files.ts';
import { docFiles } from './doc-files.ts';
import { manPages } from './man-pages.ts';
import type { PackageFile } from './package-file.ts';
import { packageVersion, requireRelease, requireVersion } from './package-version.ts';
import { productionModules } from './production-modules.ts';
import { programFiles } from './program-files.ts';
import { readSources, requireCheckout } from './read-sources.ts';
import { systemFiles } from './system-files.ts';
import { writePackage } from './write-package.ts';

const options = {
  output: { type: 'string', default: 'table' },
  dir: { type: 'string', short: 'd', default: '.' },
  version: { type: 'string' },
  release: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const help = `Usage: gantry package [options]

Builds the Debian package gantry_<version>_amd64.deb from this checkout, and adds its checksum to the
file SHA256SUMS beside it. Two builds of one commit give the same bytes.

  -d, --dir <folder>     where the package is written (default: the current folder)
  --version <version>    version of the package (default: from package.json, tags and commits)
  --release              refuse anything but a commit with the tag of its version
  --output json          the result as data
`;

const root = join(import.meta.dirname, '../../..');

/** `gantry package`: a Debian package of this checkout. */
export async function run(args: string[]): Promise<number> {
  const given = localOptions('package', args, options);
  if (given.help) {
    printLine(help.trimEnd());
    return exitCodes.ok;
  }
  const output = outputMode('package', given.output);
  if (process.arch !== 'x64') throw new GantryError('PACKAGE_ARCHITECTURE', { architecture: process.arch });
  await requireCheckout(root);
  const abort = new AbortController();
  const interrupt = () => abort.abort(new GantryError('CANCELLED', { subject: 'gantry package' }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const built = await build(progressSteps(abort.signal), abort.signal, {
    folder: resolve(given.dir),
    release: given.release,
    ...(given.version !== undefined && { version: requireVersion(given.version) }),
  });
  if (output === 'json') printJson(built);
  else for (const line of summary(built)) printLine(line);
  return exitCodes.ok;
}

interface Wanted {
  readonly folder: string;
  readonly release: boolean;
  readonly version?: string;
}

interface Built {
  readonly file: string;
  readonly version: string;
  readonly commit: string;
  readonly size: number;
  readonly sha256: string;
  readonly parts: readonly { readonly part: string; readonly files: number; readonly size: number }[];
}

async function build(steps: ProgressSteps, signal: AbortSignal, wanted: Wanted): Promise<Built> {
  const sources = await readSources(root, wanted.version !== undefined);
  if (wanted.release) requireRelease(sources);
  const version = wanted.version ?? packageVersion(sources);
  const file = join(wanted.folder, `gantry_${version}_amd64.deb`);
  const parts = await steps.step('Collecting files', async () => ({
    'Node and modules': await productionModules(root),
    program: await programFiles(root, { version, commit: sources.commit }),
    documentation: [
      ...(await docFiles(root, version, sources.committedAt)),
      ...(await manPages(version, new Date(sources.committedAt * 1000).toISOString().slice(0, 10))),
    ],
    system: await systemFiles(root),
  }));
  const files = Object.values(parts).flat();
  const control = await controlFiles(root, version, files);
  await steps.step(`Building ${basename(file)}`, () => writePackage(file, [...control, ...files], sources.committedAt, signal));
  const sha256 = await sha256Of(file);
  await writeSum(join(wanted.folder, 'SHA256SUMS'), basename(file), sha256);
  return {
    file,
    version,
    commit: sources.commit,
    size: (await stat(file)).size,
    sha256,
    parts: await Promise.all(Object.entries(parts).map(async ([part, of]) => ({ part, files: of.length, size: await sizeOf(of) }))),
  };
}

async function sizeOf(files: readonly PackageFile[]): Promise<number> {
  const sizes = files.map(async ({ from }) => ('path' in from ? (await stat(from.path)).size : 'text' in from ? from.text.length : 0));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Adds a line as sha256sum prints it; the lines of other packages stay. */
async function writeSum(path: string, name: string, sha256: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const others = text.split('\n').filter((line) => line !== '' && !line.endsWith(`  ${name}`));
  await writeFileAtomic(path, `${[...others, `${sha256}  ${name}`].join('\n')}\n`);
}

const mib = (bytes: number) => formatSize(bytes / 2 ** 20, 'h');

function summary({ file, sha256, size, parts }: Built): string[] {
  const columns = [{ title: 'Part' }, { title: 'Files', right: true }, { title: 'Size', right: true }];
  const rows = parts.map(({ part, files, size: bytes }) => [part, String(files), mib(bytes)]);
  return [...renderTable(columns, [...rows, ['package', '1', mib(size)]]), '', `${sha256}  ${file}`];
}
