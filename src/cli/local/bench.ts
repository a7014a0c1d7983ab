import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { GantryError } from '../../base/index.ts';
import { exitCodes } from '../exit-codes.ts';

const folder = join(import.meta.dirname, '../../../bench');

interface Benchmark {
  readonly file: string;
  readonly options: string;
  readonly about: string;
}

/** By name. */
export const benchmarks: Readonly<Record<string, Benchmark>> = {
  htools: {
    file: 'htools/htools.ts',
    options: '[balancing|squeezing|allocating]... [--small] [--peer-seconds N]',
    about: 'the placement engine, compared with Ganeti (if it is installed) for at most N seconds',
  },
  roadef: {
    file: 'roadef/roadef.ts',
    options: '--model FILE --assignment FILE --out FILE | --set FOLDER  [--seconds N | --steps N] [--threads N] [--seed N]',
    about: 'the machine reassignment problem of the ROADEF/EURO challenge 2012',
  },
  placing: {
    file: 'placing.ts',
    options: '[--small] [--nodes N] [--instances N] [--rules]',
    about: 'where the master places new instances',
  },
  store: { file: 'store.ts', options: '[--small] [--adapter sqlite|etcd] [--seed N] [--dir DIRECTORY]', about: 'the state store' },
  jobs: { file: 'jobs.ts', options: '[--small] [--jobs N] [--submitters N] [--dir DIRECTORY]', about: 'the job queue' },
  monitor: {
    file: 'monitor/monitor.ts',
    options: '[--small] [--instances N] [--seconds N] [--ask-seconds N] [--per-second N] [--mond FILE] [--output json]',
    about: 'the monitoring agent, compared with prometheus-node-exporter and ganeti-mond if they are installed',
  },
  scale: {
    file: 'scale/scale.ts',
    options: '[--small] [--nodes N] [--instances N] [--seconds N] [--lease SECONDS] [--dir DIRECTORY]',
    about: 'a master of 1,000 nodes with 10,000 instances: it starts, verifies and keeps its lease',
  },
  rapi: { file: 'rapi.ts', options: '[--small] [--seed N] [--dir DIRECTORY]', about: 'the REST API' },
};

/** `gantry bench NAME …`: runs a benchmark; arguments go to it. */
export async function run(args: string[]): Promise<number> {
  const [name = '', ...rest] = args;
  if (args.some((arg) => arg === '--help' || arg === '-h')) return printUsage();
  const file = Object.hasOwn(benchmarks, name) ? benchmarks[name]?.file : undefined;
  if (file === undefined) throw new GantryError('SEARCH_BENCHMARK_UNKNOWN', { name, known: Object.keys(benchmarks).join(', ') });
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(folder, file), ...rest], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both; the benchmark ends by it.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? exitCodes.failed;
}

function printUsage(): number {
  console.log(
    'Usage: gantry bench NAME [OPTION...]\n\nRuns a benchmark and prints its table, with a hash of the result if there is one.\n',
  );
  for (const [name, { options, about }] of Object.entries(benchmarks)) console.log(`  ${name} ${options}\n      ${about}`);
  return 0;
}
