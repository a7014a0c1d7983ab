import type { ArgSpec, Command, OptionSpec } from '../command/command.ts';
import { aliases, commandIndex } from '../command/command-index.ts';
import { loadOpcodeCommands } from '../command/find-command.ts';
import { globalOptions } from '../command/global-options.ts';
import { paint, printLine } from './print.ts';
import { renderTable } from './table.ts';

/** The help page of one command. */
export function printCommandHelp(command: Command): void {
  const { path, summary, details, args = [], options = [], examples = [] } = command;
  const usage = ['gantry', ...path, ...args.map(argUsage), '[options]'].join(' ');
  printLine(`${paint('bold', 'Usage:')} ${usage}\n\n${summary}.`);
  if (details) printLine(details);
  section('Arguments', args.map(argLine));
  section('Options', options.filter(({ hidden }) => !hidden).map(optionLine));
  section('Options of all commands', globalOptions.map(optionLine));
  const others = Object.keys(aliases).filter((alias) => aliases[alias] === path.join(' '));
  if (others.length > 0) printLine(`\n${paint('bold', 'Also:')} ${others.map((alias) => `gantry ${alias}`).join(', ')}`);
  if (examples.length > 0) printLine(`\n${paint('bold', 'Examples:')}\n${examples.map((example) => `  ${example}`).join('\n')}`);
}

/** The commands that begin with these words; all of them, by topic, when there are none. */
export async function printTopicHelp(path: readonly string[]): Promise<void> {
  const entries = [...commandIndex.filter((entry) => !('hidden' in entry && entry.hidden)), ...(await loadOpcodeCommands())];
  const shown = entries.filter((entry) => path.every((word, index) => entry.path[index] === word));
  printLine(`${paint('bold', 'Usage:')} gantry ${path.length > 0 ? path.join(' ') : '<object>'} <command> [arguments] [options]`);
  const topics = [...new Set(shown.map((entry) => (entry.path.length > 1 ? (entry.path[0] ?? '') : '')))];
  // The host's own commands first, then the objects by name.
  for (const topic of topics.sort()) {
    const lines = shown
      .filter((entry) => (entry.path.length > 1 ? entry.path[0] : '') === topic)
      .sort((a, b) => (topic === '' ? 0 : a.path.join(' ') < b.path.join(' ') ? -1 : 1))
      .map((entry) => [entry.path.join(' '), entry.summary]);
    section(topic === '' ? 'General' : `${topic[0]?.toUpperCase()}${topic.slice(1)}`, lines);
  }
  printLine('\n"gantry <object> <command> --help" shows arguments, options and examples.');
}

function section(title: string, rows: readonly (readonly string[])[]): void {
  if (rows.length === 0) return;
  printLine(`\n${paint('bold', `${title}:`)}`);
  const columns = (rows[0] ?? []).map(() => ({ title: '' }));
  for (const line of renderTable(columns, rows, { headers: false })) printLine(`  ${line}`);
}

function argUsage({ name, optional, variadic }: ArgSpec): string {
  const shown = variadic ? `${name}…` : name;
  return optional ? `[${shown}]` : `<${shown}>`;
}

function argLine({ name, help, choices }: ArgSpec): string[] {
  return [name, choices ? `${help}: ${choices.join(', ')}` : help];
}

function optionLine({ short, long, value, help, repeat }: OptionSpec): string[] {
  return [
    `${short ? `-${short}, ` : '    '}--${long}${value ? ` <${value}>` : ''}`,
    repeat && !/repeat/.test(help) ? `${help} (may be repeated)` : help,
  ];
}
