import { parseArgs } from 'node:util';
import { GantryError } from '../../src/base/index.ts';

export interface RoadefOptions {
  /** File names; `out` undefined: the result is not written. */
  readonly runs: readonly { readonly model: string; readonly assignment: string; readonly out?: string | undefined }[];
  /** For each of the runs, reading and checking included. */
  readonly seconds: number;
  /** Instead of seconds, for each thread. */
  readonly steps?: number | undefined;
  readonly threads: number;
  readonly seed: number;
}

/** @throws SEARCH_OPTION_INVALID */
export function parseRoadefOptions(args: readonly string[], filesIn: (folder: string) => readonly string[]): RoadefOptions {
  const values = parse(args);
  const number = (name: 'seconds' | 'steps' | 'threads' | 'seed', least: number, otherwise: number) => {
    const text = values[name];
    const value = text === undefined ? otherwise : Number(text);
    if (text?.trim() === '' || !Number.isFinite(value) || value < least)
      fail(`--${name} must be a number, at least ${least}, not "${text}"`);
    return value;
  };
  const whole = (name: 'steps' | 'threads' | 'seed', least: number, otherwise: number) => {
    const value = number(name, least, otherwise);
    return Number.isSafeInteger(value) ? value : fail(`--${name} must be a whole number, not "${values[name]}"`);
  };
  return {
    runs: runsOf(values, filesIn),
    seconds: number('seconds', 0, 300),
    steps: values.steps === undefined ? undefined : whole('steps', 0, 0),
    threads: whole('threads', 1, 2),
    seed: whole('seed', 0, 1),
  };
}

const text = { type: 'string' } as const;
const options = { model: text, assignment: text, out: text, set: text, seconds: text, steps: text, threads: text, seed: text };
type Values = { readonly [name in keyof typeof options]?: string | undefined };

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    return fail(cause instanceof Error ? cause.message : String(cause));
  }
}

function runsOf({ model, assignment, out, set }: Values, filesIn: (folder: string) => readonly string[]): RoadefOptions['runs'] {
  if (set === undefined) {
    if (model === undefined || assignment === undefined || out === undefined)
      return fail('--model, --assignment and --out are needed, or --set');
    return [{ model, assignment, out }];
  }
  if (model !== undefined || assignment !== undefined || out !== undefined)
    return fail('--set takes the place of --model, --assignment and --out');
  const models = filesIn(set).filter((name) => /^model_.*\.txt$/.test(name));
  if (models.length === 0) return fail(`the folder ${set} has no files named model_….txt`);
  return models.toSorted().map((name) => ({ model: `${set}/${name}`, assignment: `${set}/${name.replace('model', 'assignment')}` }));
}

function fail(problem: string): never {
  throw new GantryError('SEARCH_OPTION_INVALID', { problem });
}
