import { GantryError } from '../../base/index.ts';
import type { ProgramIo } from './program-io.ts';

/** Scripts compare these messages as a whole, so what they mean is told only to somebody who looks on. */
const bare: ReadonlySet<string> = new Set([
  'HTOOLS_ARGUMENTS_REFUSED',
  'HTOOLS_SOURCE_AMBIGUOUS',
  'HTOOLS_EXEC_NEEDS_LUXI',
  'ROLL_NO_NODES',
  'ROLL_NO_ROOM',
]);

/** What they say begins otherwise than with the word. */
const selfAnnounced: ReadonlySet<string> = new Set([
  'HTOOLS_OPTIONS_INVALID',
  'HTOOLS_OPTION_VALUE',
  'HTOOLS_GROUPS_SEVERAL',
  'HTOOLS_GROUP_UNKNOWN',
]);

/** Errors of the data, which Ganeti announces as such. */
const isOfData = (code: string): boolean =>
  /^HTOOLS_(SOURCE|TEXT|RAPI|LUXI|REFERENCE|NAME|SIMULATION|IALLOCATOR|JSON)|^PLACEMENT_/.test(code);

/** Prints anything thrown, first line as Ganeti's, code and advice below. @returns the exit code */
export function printProgramError(thrown: unknown, program: string, io: ProgramIo): number {
  const error = GantryError.from(thrown);
  const { code, what, why, todo } = error.toReport();
  const announced = isOfData(code) && !bare.has(code) ? `failed to load data, aborting: ${what}` : what;
  const first = selfAnnounced.has(code) ? what : `Error: ${announced}`;
  const more =
    bare.has(code) && !io.watched ? '' : `  code:  ${code}\n  why:  ${why}\n  what to do:  ${todo.replaceAll('PROGRAM', program)}\n`;
  io.err(`${first}\n${more}`);
  return code === 'HTOOLS_OPTIONS_INVALID' ? 2 : 1;
}
