import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { GantryError } from '../../src/base/index.ts';

const parts = ['balancing', 'squeezing', 'allocating'] as const;
type Part = (typeof parts)[number];

interface Run {
  readonly part: Part;
  readonly options: readonly string[];
}

/**
 * The benchmarks of the placement engine, all of them or those that are named, one after the other, each in a process of
 * its own. `--small` takes inputs that are done in seconds; balancing gives Ganeti's hbal, if it is installed, `--peer-seconds`
 * for each input.
 *
 *     gantry bench htools [balancing] [squeezing] [allocating] [--small] [--peer-seconds N]
 *
 * @throws SEARCH_BENCHMARK_UNKNOWN, SEARCH_OPTION_INVALID
 */
export function readRuns(args: readonly string[]): Run[] {
  const { values, positionals } = parse(args);
  const unknown = positionals.find((name) => !parts.some((part) => part === name));
  if (unknown !== undefined) throw new GantryError('SEARCH_BENCHMARK_UNKNOWN', { name: `htools ${unknown}`, known: parts.join(', ') });
  const seconds = values['peer-seconds'];
  if (seconds !== undefined && !(Number(seconds) >= 0)) return fail(`--peer-seconds must be a number from 0 on, not "${seconds}"`);
  const small = values.small ? ['--small'] : [];
  const peer = seconds === undefined ? [] : ['--peer-seconds', seconds];
  const wanted = positionals.length === 0 ? parts : parts.filter((part) => positionals.includes(part));
  return wanted.map((part) => ({ part, options: part === 'balancing' ? [...small, ...peer] : small }));
}

function parse(args: readonly string[]) {
  try {
    const options = { small: { type: 'boolean' }, 'peer-seconds': { type: 'string' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    return fail(cause instanceof Error ? cause.message : String(cause));
  }
}

function fail(problem: string): never {
  throw new GantryError('SEARCH_OPTION_INVALID', { problem });
}

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  try {
    for (const { part, options } of readRuns(args)) {
      console.log(`\n${part}`);
      const child = spawn(process.execPath, [join(import.meta.dirname, `${part}.ts`), ...options], { stdio: 'inherit' });
      const [code] = (await once(child, 'close')) as [number | null];
      if (code !== 0) return code ?? 1;
    }
    return 0;
  } catch (thrown) {
    const error = GantryError.from(thrown);
    const { what, why, todo } = error.toReport();
    console.error(`Error ${error.code}: ${what}\n  why:  ${why}\n  what to do:  ${todo}`);
    return error.definition.kind === 'user' ? 2 : 1;
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
