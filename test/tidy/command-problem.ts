import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError } from '../../src/base/index.ts';
import { findCommand } from '../../src/cli/command/find-command.ts';
import { parseCommandLine, splitLeadingOptions } from '../../src/cli/command/parse-command-line.ts';
import { type CompletionTable, completionTable } from '../../src/cli/completion/completion-table.ts';
import { benchmarks } from '../../src/cli/local/bench.ts';
import { listWords } from '../../src/cli/mon-collector/collector-help.ts';
import { optionsOf } from '../../src/cli/mon-collector/collector-options.ts';
import { parseOptions } from '../../src/htools/command/parse-options.ts';
import { type HtoolsProgram, programs } from '../../src/htools/command/programs.ts';
import { collectorCatalogue } from '../../src/monitor/index.ts';
import { projectRoot } from './source-files.ts';

const table: CompletionTable = await completionTable();
const testOptions = new Set(readFileSync(join(projectRoot, 'tools/run-tests.ts'), 'utf8').match(/--[a-z][a-z-]+/g));
const pluginNames = readdirSync(join(projectRoot, 'plugins')).map((name) => name.replace(/\.\w+$/, ''));

/** The words as a shell would split them, up to a comment, a pipe or another command. */
function wordsOf(command: string): string[] {
  const bare = command.replace(/ +#.*$/, '').replace(/(?: [|&]|;(?: |$)|\)| <|\s\d?>).*$/, '');
  const words = bare.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replace(/^(['"])(.*)\1$/, '$2').replace(/[.,:;)]+$/, '')).filter((word) => word !== '');
}

/** A value that a text leaves open: `{name}`, `<name>`, `NAME`, `$1`, `…`. */
const isOpen = (word: string): boolean => /^(\{\w+\}|<.*>|\[.*\]|…|[A-Z][A-Z_-]*|.*\$.*)$/.test(word);

/** Why a command line would not be understood; undefined when it would. */
export async function commandProblem(program: string, text: string): Promise<string | undefined> {
  const words = wordsOf(text);
  if (program !== 'gantry') return programProblem(program, words);
  // "gantry {command} --help": which command it is, the text does not say; "gantry <object> <command>" neither.
  if (words.length === 0 || isOpen(words[0] ?? '')) return undefined;
  try {
    const { rest } = splitLeadingOptions(words);
    const found = await findCommand(rest);
    if (found.kind === 'topic') return undefined;
    if (found.kind === 'program') return programProblem(found.program.path.join(' '), found.rest);
    const shown = found.rest.filter((word) => word !== '[options]' && word !== '…');
    // Asked for its help a command complains of no argument that a sentence leaves out.
    const { args } = parseCommandLine(found.command, [...shown, '--help']);
    const { args: specs = [] } = found.command;
    const surplus = specs.at(-1)?.variadic ? undefined : args[specs.length];
    if (surplus !== undefined) return `no place for "${surplus}"`;
    const [word] = args.filter((given, index) => !isOpen(given) && specs[index]?.choices?.includes(given) === false);
    return word === undefined ? undefined : `"${word}" is not one of the words allowed`;
  } catch (error) {
    return GantryError.from(error).message;
  }
}

function programProblem(path: string, words: readonly string[]): string | undefined {
  if (Object.hasOwn(programs, path)) return htoolProblem(programs[path as keyof typeof programs], words);
  if (path === 'mon-collector') return collectorProblem(words);
  if (path === 'test') return strangeOption(path, words, testOptions);
  if (path === 'bench') return benchProblem(words);
  const problem = strangeOption(path, words, new Set([...(table.options.get(path)?.split(' ') ?? []), '-h', '-y', '-f', '[options]']));
  const [first = '-'] = words;
  const takesNone = !['monitor plugin check', 'cluster init'].includes(path) && !first.startsWith('-') && !isOpen(first);
  return problem ?? (takesNone ? `"gantry ${path}" takes no arguments, such as ${first}` : undefined);
}

function strangeOption(path: string, words: readonly string[], known: ReadonlySet<string>): string | undefined {
  const strange = words.find((word) => /^--?[a-zA-Z]/.test(word) && !known.has(word.split('=')[0] ?? ''));
  return strange === undefined ? undefined : `"${path}" has no option ${strange}`;
}

function benchProblem([name = '', ...rest]: readonly string[]): string | undefined {
  if (name === '' || isOpen(name) || name === '--help') return undefined;
  const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (!benchmark) return `there is no benchmark "${name}"`;
  return strangeOption(`bench ${name}`, rest, new Set(benchmark.options.match(/--[a-z][a-z-]*/g)));
}

function collectorProblem([name = '', ...rest]: readonly string[]): string | undefined {
  if (name.startsWith('-'))
    return strangeOption('mon-collector', [name, ...rest], new Set(['--help', '--version', '-V', '-h', '--help-completion']));
  if (name === '') return undefined;
  const names = [...collectorCatalogue.map((one) => one.name), ...listWords, ...pluginNames];
  if (!isOpen(name) && !names.includes(name)) return `there is no collector "${name}"`;
  const known = Object.entries(optionsOf(name)).flatMap(([long, { short }]) => [`--${long}`, ...(short ? [`-${short}`] : [])]);
  return strangeOption(`mon-collector ${name}`, rest, new Set([...known, '--help']));
}

/** One of Ganeti's tools reads its words itself; a text may name an option without its value. */
function htoolProblem(program: HtoolsProgram, words: readonly string[]): string | undefined {
  const shown = words.filter((word) => word !== '…' && !/^\[.*\]$/.test(word));
  const read = (given: readonly string[]): string | undefined => {
    try {
      const surplus = parseOptions(program, given).args.find((arg) => !isOpen(arg));
      return program.args === undefined && surplus !== undefined ? `no place for "${surplus}"` : undefined;
    } catch (error) {
      const { code, message } = GantryError.from(error);
      return code === 'HTOOLS_OPTION_VALUE' && shown.some(isOpen) ? undefined : message;
    }
  };
  const problem = read(shown);
  return problem === undefined || read([...shown, '1']) === undefined ? undefined : problem;
}
