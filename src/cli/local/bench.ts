import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { GantryError } from '../../base/index.ts';
import { exitCodes } from '../exit-codes.ts';

const folder = join(import.meta.dirname, '../../../bench');

/** Benchmarks by name, with the file that runs each. */
const benchmarks: Readonly<Record<string, string>> = {
  htools: 'htools/htools.ts',
  roadef: 'roadef/roadef.ts',
};

/** `gantry bench NAME …`: runs a benchmark; arguments go to it. */
export async function run(args: string[]): Promise<number> {
  const [name = '', ...rest] = args;
  const file = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (file === undefined) throw new GantryError('SEARCH_BENCHMARK_UNKNOWN', { name, known: Object.keys(benchmarks).join(', ') });
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(folder, file), ...rest], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both; the benchmark ends by it.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? exitCodes.failed;
}
