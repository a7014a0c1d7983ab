import type { ProgramIo } from '../command/program-io.ts';
import type { Settings } from '../command/settings.ts';
import { formatJobSets, type JobSet, scriptHead } from '../print/job-sets.ts';
import { writeOutput } from './write-output.ts';

/** Prints the commands for the moves, or writes them to a file as a script, as `-C` asks. @throws HTOOLS_SAVE_FAILED */
export async function printCommands(sets: readonly JobSet[], settings: Settings, io: ProgramIo): Promise<void> {
  const { printCommands: target, firstJobGroup } = settings;
  if (target === undefined) return;
  const commands = formatJobSets(sets);
  if (target === '-') {
    const lines = commands.split('\n').slice(0, -1);
    const shown = lines.filter((line) => line !== '  check').map((line) => `  ${line}\n`);
    io.out(`\n${firstJobGroup ? 'First set of jobs:' : 'Commands to run to reach the above solution:'}\n${shown.join('')}`);
    return;
  }
  await writeOutput(target, scriptHead + commands);
  io.out(`The commands have been written to file '${target}'\n`);
}
