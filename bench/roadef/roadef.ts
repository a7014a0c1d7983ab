import { createHash } from 'node:crypto';
import { constants, readdirSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { GantryError, systemClock, writeFileAtomic } from '../../src/base/index.ts';
import { checkAssignment } from './check-assignment.ts';
import { knownValues } from './known-values.ts';
import { readAssignment, readModel } from './read-model.ts';
import { parseRoadefOptions, type RoadefOptions } from './roadef-options.ts';
import { runThreads } from './run-threads.ts';

/**
 * The machine reassignment problem of the ROADEF/EURO challenge 2012, solved by the search of the placement engine.
 *
 *     gantry bench roadef --model FILE --assignment FILE --out FILE [--seconds N | --steps N] [--threads N] [--seed N]
 *     gantry bench roadef --set FOLDER …      all models in a folder, nothing written
 */
export interface RoadefResult {
  readonly name: string;
  readonly initial: number;
  readonly found: number;
  readonly bestKnown?: number | undefined;
  readonly seconds: number;
  /** Of the process, all threads together. */
  readonly cpuSeconds: number;
  /** Of the assignment. */
  readonly hash: string;
}

/** @throws SEARCH_FILE_UNREADABLE, SEARCH_FILE_INVALID, SEARCH_START_INVALID, SEARCH_RESULT_INVALID */
export async function benchRoadef(run: RoadefOptions['runs'][number], options: RoadefOptions): Promise<RoadefResult> {
  if (run.out !== undefined) await requireWritable(run.out);
  const began = systemClock.now();
  const cpuBefore = cpuSeconds();
  const model = await readModel(run.model);
  const initial = await readAssignment(run.assignment, model);
  const before = checkAssignment(model, initial, initial);
  if (before.problems.length > 0) {
    throw new GantryError('SEARCH_START_INVALID', { count: before.problems.length, problems: summary(before.problems) });
  }
  // What comes after the search takes no longer than what came before it.
  const read = systemClock.now() - began;
  const budget = options.steps === undefined ? { until: began + options.seconds * 1000 - read } : { steps: options.steps };
  const { places: bins, cost } = await runThreads({ model, initial, budget, threads: options.threads, seed: options.seed });
  const after = checkAssignment(model, initial, bins);
  const wrong = after.cost === cost ? [] : [`the cost is ${after.cost}, and the search says ${cost}`];
  const problems = [...after.problems, ...wrong];
  if (problems.length > 0) throw new GantryError('SEARCH_RESULT_INVALID', { problems: summary(problems) });
  const text = `${bins.join(' ')}\n`;
  if (run.out !== undefined) await writeFileAtomic(run.out, text);
  const name = basename(run.model, '.txt').replace(/^model_/, '');
  return {
    name,
    initial: before.cost,
    found: after.cost,
    bestKnown: knownValues.get(name),
    seconds: (systemClock.now() - began) / 1000,
    cpuSeconds: cpuSeconds() - cpuBefore,
    hash: createHash('sha256').update(text).digest('hex').slice(0, 16),
  };
}

/** An hour of search must not end at a folder that is not there. @throws SEARCH_RESULT_UNWRITABLE */
async function requireWritable(file: string): Promise<void> {
  await access(dirname(file), constants.W_OK).catch((cause: Error) => {
    throw new GantryError('SEARCH_RESULT_UNWRITABLE', { file, detail: cause.message }, { cause });
  });
}

const summary = (problems: readonly string[]): string =>
  problems.length > 3 ? `${problems.slice(0, 3).join('; ')}; and ${problems.length - 3} more` : problems.join('; ');

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const titles = ['instance', 'initial', 'found', 'best known', 'gap %', 'seconds', 'CPU s', 'hash'];
const widths = [8, 14, 14, 14, 8, 8, 8, 16];
const row = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(widths[i] as number)).join('  ');

/** Gap to the best known value, in percent of what is to be gained. */
function gapOf({ initial, found, bestKnown }: RoadefResult): string {
  return bestKnown === undefined || bestKnown === initial ? '-' : ((100 * (found - bestKnown)) / (initial - bestKnown)).toFixed(3);
}

/** The benchmark as a program; the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseRoadefOptions(args, folderList);
    console.log(row(titles));
    for (const run of options.runs) {
      const result = await benchRoadef(run, options);
      const { name, initial, found, bestKnown, seconds, hash } = result;
      const known = bestKnown === undefined ? '-' : String(bestKnown);
      console.log(
        row([name, String(initial), String(found), known, gapOf(result), seconds.toFixed(1), result.cpuSeconds.toFixed(1), hash]),
      );
    }
    return 0;
  } catch (thrown) {
    const error = GantryError.from(thrown);
    const { what, why, todo } = error.toReport();
    console.error(`Error ${error.code}: ${what}\n  why:  ${why}\n  what to do:  ${todo}`);
    return error.definition.kind === 'user' ? 2 : 1;
  }
}

function folderList(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GantryError('SEARCH_FILE_UNREADABLE', { file: folder, reason }, { cause });
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
