import { gzipSync } from 'node:zlib';
import type { Command, OptionSpec } from '../command/command.ts';
import { aliases, commandIndex, type IndexEntry, type ProgramEntry } from '../command/command-index.ts';
import { loadOpcodeCommands } from '../command/find-command.ts';
import { globalOptions } from '../command/global-options.ts';
import { type PackageFile, textFile } from './package-file.ts';
import { printedHelp } from './printed-help.ts';
import { type Block, type ManualPage, roff } from './roff.ts';

/** Work only in a checkout. */
const ofCheckouts = new Set(['test', 'bench', 'package']);
const daemons = new Set(['master', 'agent', 'monitor']);

/** A command of the manual: described by data, or a program that prints its own help. */
interface Described {
  readonly path: readonly string[];
  readonly summary: string;
  readonly command?: Command;
  readonly program?: ProgramEntry;
}

/** Manual pages: gantry(1), one for each kind of object, and one for each program. */
export async function manPages(version: string, date: string): Promise<PackageFile[]> {
  const all = await describeAll();
  const topics = Map.groupBy(all, ({ path }) => path[0] ?? '');
  const pages = [overview(all)];
  for (const [topic, commands] of topics) pages.push(await topicPage(topic, commands));
  return pages.map((page) =>
    textFile(`usr/share/man/man${page.section}/${page.name}.${page.section}.gz`, gzipSync(roff(page, version, date), { level: 9 })),
  );
}

async function describeAll(): Promise<Described[]> {
  const indexed = commandIndex.filter((entry) => !('hidden' in entry && entry.hidden) && !ofCheckouts.has(entry.path[0] ?? ''));
  const own = await Promise.all(indexed.map(describe));
  const opcodes = (await loadOpcodeCommands()).map((command) => ({ path: command.path, summary: command.summary, command }));
  return [...own, ...opcodes].sort((a, b) => (a.path.join(' ') < b.path.join(' ') ? -1 : 1));
}

async function describe(entry: IndexEntry): Promise<Described> {
  const { path, summary } = entry;
  return 'load' in entry ? { path, summary, command: (await entry.load()).command } : { path, summary, program: entry };
}

function overview(all: readonly Described[]): ManualPage {
  return {
    name: 'gantry',
    section: 1,
    summary: 'cluster manager for virtual machines that speaks Ganeti',
    blocks: [
      { heading: 'Synopsis' },
      { lines: ['gantry <object> <command> [arguments] [options]', 'gantry help [command]'] },
      { heading: 'Description' },
      {
        paragraph:
          'The command line of Gantry. It talks to the REST API of a cluster. The manual page gantry-<object>(1) has the commands of an object, with their options.',
      },
      { heading: 'Commands' },
      ...all.map(({ path, summary }): Block => ({ term: `gantry ${path.join(' ')}`, about: `${summary}.` })),
      { heading: 'Options of all commands' },
      ...globalOptions.map(optionBlock),
      { heading: 'Files' },
      { term: '/etc/gantry/clusters.json', about: 'Clusters that the users of this host know. A user has ~/.config/gantry/clusters.json.' },
      { term: '/var/lib/gantry', about: 'State of the daemons of this host.' },
      { term: '/usr/share/doc/gantry', about: 'The guides.' },
    ],
  };
}

async function topicPage(topic: string, commands: readonly Described[]): Promise<ManualPage> {
  const single = commands.length === 1 && commands[0]?.path.length === 1;
  const blocks: Block[] = [{ heading: single ? 'Description' : 'Commands' }];
  for (const each of commands) {
    if (!single) blocks.push({ subheading: `gantry ${each.path.join(' ')}` });
    if (each.command) blocks.push(...commandBlocks(each.command));
    if (each.program) blocks.push({ lines: await printedHelp(each.program) });
  }
  if (commands.some(({ command }) => command)) blocks.push({ heading: 'Options of all commands' }, ...globalOptions.map(optionBlock));
  blocks.push({ heading: 'See also' }, { paragraph: 'gantry(1), /usr/share/doc/gantry' });
  const summary = commands.find(({ path }) => path.length === 1)?.summary ?? `commands for ${topic}`;
  return { name: `gantry-${topic}`, section: daemons.has(topic) ? 8 : 1, summary, blocks };
}

function commandBlocks({ path, summary, details, args = [], options = [], examples = [] }: Command): Block[] {
  const places = args.map(({ name, optional, variadic }) => {
    const shown = variadic ? `${name}...` : name;
    return optional ? `[${shown}]` : `<${shown}>`;
  });
  const others = Object.keys(aliases).filter((alias) => aliases[alias] === path.join(' '));
  return [
    { lines: [['gantry', ...path, ...places, '[options]'].join(' ')] },
    { paragraph: `${summary}.${details ? `\n${details}` : ''}` },
    ...args.map(({ name, help, choices }): Block => ({ term: name, about: choices ? `${help}: ${choices.join(', ')}` : help })),
    ...options.filter(({ hidden }) => !hidden).map(optionBlock),
    ...(others.length > 0 ? [{ paragraph: `Also: ${others.map((other) => `gantry ${other}`).join(', ')}` }] : []),
    ...(examples.length > 0 ? [{ paragraph: 'Examples:' }, { lines: examples.map((example) => `  ${example}`) }] : []),
  ];
}

const optionBlock = ({ short, long, value, help, repeat }: OptionSpec): Block => ({
  term: `${short ? `-${short}, ` : ''}--${long}${value ? ` <${value}>` : ''}`,
  about: repeat && !/repeat/.test(help) ? `${help} (may be repeated)` : help,
});
