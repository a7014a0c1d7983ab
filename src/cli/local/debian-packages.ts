import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { GantryError, minimalEnvironment, run } from '../../base/index.ts';

/** A line of `tools/debian-packages.txt`. */
export interface DebianPackage {
  readonly purpose: 'run' | 'test';
  readonly name: string;
  readonly why: string;
}

export interface InstallOptions {
  /** Do not ask. */
  readonly yes: boolean;
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal;
}

const listFile = join(import.meta.dirname, '../../../tools/debian-packages.txt');
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const installTimeoutMs = 30 * 60_000;

/** The packages of the list that this machine's architecture can have. */
export async function listPackages(purposes: readonly DebianPackage['purpose'][]): Promise<DebianPackage[]> {
  const here = architectures[process.arch];
  const lines = (await readFile(listFile, 'utf8')).split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.flatMap((line) => {
    const [purpose, name = '', architecture, ...why] = line.trim().split(/\s+/);
    if (!purposes.includes(purpose as DebianPackage['purpose']) || (architecture !== 'any' && architecture !== here)) return [];
    return [{ purpose: purpose as DebianPackage['purpose'], name, why: why.join(' ') }];
  });
}

/** Those of `packages` that are not installed. @throws LOCAL_NOT_DEBIAN */
export async function missingPackages(packages: readonly DebianPackage[]): Promise<DebianPackage[]> {
  const format = '${Package} ${db:Status-Abbrev}\n';
  const names = packages.map(({ name }) => name);
  const { stdout } = await run('dpkg-query', ['--show', `--showformat=${format}`, ...names], { okCodes: [0, 1] }).catch(notDebian);
  const installed = new Set(stdout.split('\n').flatMap((line) => (/^(\S+) ii/.exec(line) ?? []).slice(1)));
  return packages.filter(({ name }) => !installed.has(name));
}

/**
 * Installs what is missing: says what and why, asks when a terminal is there to answer, then runs apt-get.
 * @throws LOCAL_NOT_DEBIAN, LOCAL_PACKAGES_MISSING (refused, or not root), LOCAL_PACKAGES_FAILED
 */
export async function ensurePackages(purposes: readonly DebianPackage['purpose'][], options: InstallOptions): Promise<void> {
  const missing = await missingPackages(await listPackages(purposes));
  if (missing.length === 0) return;
  const packages = missing.map(({ name }) => name).join(' ');
  options.note('These Debian packages are needed and will be installed with apt-get:');
  for (const { name, why } of missing) options.note(`  ${name.padEnd(18)} ${why}`);
  if (process.getuid?.() !== 0) throw new GantryError('LOCAL_PACKAGES_MISSING', { packages, reason: 'Only root can install them.' });
  if (!(await agreed(options))) throw new GantryError('LOCAL_PACKAGES_MISSING', { packages, reason: 'You chose not to install them.' });
  await aptGet(['update'], packages, options);
  await aptGet(['install', '--yes', '--no-install-recommends', ...missing.map(({ name }) => name)], packages, options);
}

/** Makes sure that apt knows a package that is not installed but downloaded (the kernel of the tiny OS). */
export async function ensurePackageLists(name: string, options: InstallOptions): Promise<void> {
  const { stdout } = await run('apt-cache', ['show', '--no-all-versions', name], { okCodes: [0, 100] }).catch(notDebian);
  if (stdout.trim() !== '') return;
  options.note('Fetching the lists of Debian packages with apt-get update.');
  await aptGet(['update'], name, options);
}

async function agreed({ yes, note, signal }: InstallOptions): Promise<boolean> {
  if (yes || !process.stdin.isTTY || !process.stderr.isTTY || process.env['CI']) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question('Install them now? [Y/n] ', { ...(signal && { signal }) });
    return /^\s*(y|yes|)\s*$/i.test(answer);
  } finally {
    terminal.close();
    note('');
  }
}

async function aptGet(args: readonly string[], packages: string, { signal }: InstallOptions): Promise<void> {
  const quiet = ['-q', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0'];
  const env = { ...minimalEnvironment, ...proxySettings(), DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', [...quiet, ...args], { env, timeoutMs: installTimeoutMs, ...(signal && { signal }) });
  } catch (error) {
    if (error instanceof GantryError && error.code === 'CANCELLED') throw error;
    if (error instanceof GantryError && error.code === 'COMMAND_MISSING') throw new GantryError('LOCAL_NOT_DEBIAN');
    throw new GantryError('LOCAL_PACKAGES_FAILED', { packages, detail: (error as Error).message }, { cause: error });
  }
}

const proxySettings = (): Record<string, string> =>
  Object.fromEntries(
    ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => {
      const value = process.env[name];
      return value ? [[name, value]] : [];
    }),
  );

function notDebian(error: unknown): never {
  if (error instanceof GantryError && error.code === 'COMMAND_MISSING') throw new GantryError('LOCAL_NOT_DEBIAN', {}, { cause: error });
  throw error;
}
