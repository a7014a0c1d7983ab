import { GantryError } from '../../base/index.ts';
import { type ParsedOptions, parseOptions } from './parse-options.ts';
import { printProgramError } from './print-program-error.ts';
import { type ProgramIo, processIo } from './program-io.ts';
import { type HtoolsProgram, isProgram, programs } from './programs.ts';

/**
 * Runs one of the programs as its command line says. Errors are printed, never thrown.
 * @returns Ganeti's exit codes: 0; 1 for anything that failed; 2 for a command line that cannot be understood
 * @example
 * process.exitCode = await runProgram('hbal', ['-t', 'cluster.data', '-C']);
 */
export async function runProgram(name: string, words: readonly string[], io: ProgramIo = processIo): Promise<number> {
  try {
    if (!isProgram(name)) throw new GantryError('HTOOLS_PROGRAM_UNKNOWN', { name, names: Object.keys(programs).join(', ') });
    const program: HtoolsProgram = programs[name];
    const { settings, args, question }: ParsedOptions = parseOptions(program, words);
    if (question !== undefined) {
      const { completionText, helpText, versionText } = await import('./program-help.ts');
      const answer = { help: helpText, version: versionText, 'help-completion': completionText }[question];
      io.out(answer(name));
      return 0;
    }
    if (program.args === undefined && args.length > 0) throw new GantryError('HTOOLS_ARGUMENTS_REFUSED');
    const { run } = await program.load();
    return await run(settings, args, io);
  } catch (error) {
    return printProgramError(error, name, io);
  }
}
