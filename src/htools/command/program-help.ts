import { readFileSync } from 'node:fs';
import type { HtoolsOption } from './option.ts';
import { optionsOf } from './parse-options.ts';
import { type HtoolsProgram, type ProgramName, programs } from './programs.ts';

/** What `--version` prints. */
export function versionText(name: string): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  return `${name} (gantry) version ${version}\nunderstands the options of ganeti 3.0\nrunning on node ${process.versions.node}, ${process.platform} ${process.arch}\n`;
}

/** What `--help` prints: usage, and a line for each option. */
export function helpText(name: ProgramName): string {
  const program: HtoolsProgram = programs[name];
  const options = optionsOf(program);
  const shorts = options.map(shortForm);
  const longs = options.map(longForm);
  const [shortWidth, longWidth] = [shorts, longs].map((forms) => Math.max(...forms.map(({ length }) => length))) as [number, number];
  const rows = options.map(({ help }, k) => `  ${shorts[k]?.padEnd(shortWidth)}  ${longs[k]?.padEnd(longWidth)}  ${help}\n`);
  const args = program.args === undefined ? '' : ` [${program.args.split(' ')[0]?.toUpperCase()}...]`;
  return `${program.summary}.\nUsage: ${name} [OPTION...]${args}\n${rows.join('')}`;
}

/** What `--help-completion` prints, in Ganeti's format: options with what completes them, then the arguments. */
export function completionText(name: ProgramName): string {
  const program: HtoolsProgram = programs[name];
  const lines = optionsOf(program).map(
    ({ short, long, completion }) => `${short === undefined ? '' : `-${short},`}--${long} ${completion}\n`,
  );
  return `${lines.join('')}${program.args === undefined ? '' : `${program.args}\n`}`;
}

/** An option, for completion in shells. */
export interface CompletedOption {
  /** With their dashes. */
  readonly spellings: readonly string[];
  /** What completes its argument, in the words of Ganeti's --help-completion; undefined: no argument follows. */
  readonly argument?: string | undefined;
}

/** The options of a program but for help, and what completes its arguments. */
export function completedOptions(name: ProgramName): { readonly options: readonly CompletedOption[]; readonly args?: string | undefined } {
  const program: HtoolsProgram = programs[name];
  const options = optionsOf(program)
    .filter(({ long }) => long !== 'help' && long !== 'help-completion')
    .map(({ short, long, argument, optionalArgument, completion }) => ({
      spellings: [...(short === undefined ? [] : [`-${short}`]), `--${long}`],
      argument: argument === undefined || optionalArgument ? undefined : completion,
    }));
  return { options, args: program.args?.split(' ')[0] };
}

function shortForm({ short, argument, optionalArgument }: HtoolsOption): string {
  if (short === undefined) return '';
  if (argument === undefined) return `-${short}`;
  return optionalArgument ? `-${short}[${argument}]` : `-${short} ${argument}`;
}

function longForm({ long, argument, optionalArgument }: HtoolsOption): string {
  if (argument === undefined) return `--${long}`;
  return optionalArgument ? `--${long}[=${argument}]` : `--${long}=${argument}`;
}
