import { parseArgs } from 'node:util';
import { GantryError } from '../../base/index.ts';
import { collectOnce, collectorCatalogue, collectPlugin, type HostPlugin, listPlugins, type OnceReport } from '../../monitor/index.ts';
import { suggestionHint } from '../command/suggest.ts';
import { completionText, helpText, listWords, versionText } from './collector-help.ts';
import { type CollectorLine, parseCollectorLine } from './collector-options.ts';
import { givenFacts } from './given-facts.ts';
import { showText } from './show-text.ts';

/** So much of a text that is not understood is shown; most of a terminal of 80 by 25, as in Ganeti. */
const mostShown = 1600;

const print = (text: string) => void process.stdout.write(text);
const printBeside = (text: string) => void process.stderr.write(text);

/**
 * `gantry mon-collector NAME`: one report of a collector, without an agent. Source: mon-collector(7).
 * @returns 0; 1 for anything that failed; 2 for options that are not understood
 */
export async function run(words: readonly string[]): Promise<number> {
  try {
    return await runLine(words);
  } catch (error) {
    return printProblem(GantryError.from(error));
  }
}

async function runLine([name = '', ...rest]: readonly string[]): Promise<number> {
  if (name.startsWith('-') || name === '') {
    if (answer(parseCollectorLine([name, ...rest].filter(Boolean)))) return 0;
    printBeside(helpText());
    return 1;
  }
  const collector = collectorCatalogue.find((one) => one.name === name);
  const plugins = collector ? [] : await listPlugins(pluginFiles(rest));
  const isList = listWords.includes(name);
  if (!collector && !isList && !plugins.some((one) => one.name === name)) throw unknown(name, plugins);
  const line = parseCollectorLine(rest, name);
  if (answer(line, name)) return 0;
  if (line.args.length > 0) throw new GantryError('MONITOR_COLLECTOR_ARGUMENTS', { words: line.args.join(' ') });
  const output = oneOf(['json', 'text', 'metrics'], line);
  if (isList) {
    print(listText([...(name === 'plugins' ? [] : collectorCatalogue), ...plugins], output));
    return 0;
  }
  const { report, metrics } = collector ? await collectBuiltIn(collector, line) : await collectFromPlugin(name, rest);
  print(output === 'metrics' ? metrics : output === 'text' ? `${JSON.stringify(JSON.parse(report), undefined, 2)}\n` : `${report}\n`);
  return 0;
}

function collectBuiltIn(collector: (typeof collectorCatalogue)[number], line: CollectorLine): Promise<OnceReport> {
  const { name } = collector;
  const given = givenFacts(name, line, (message) => printBeside(`Warning: ${message}\n`));
  return collectOnce(collector, { ...given, pause: seconds(line) * 1000 }).catch((error: unknown) => {
    throw explain(name, given.files ?? given.outputs, error as Error);
  });
}

async function collectFromPlugin(name: string, words: readonly string[]): Promise<OnceReport> {
  const report = await collectPlugin(name, pluginFiles(words)).catch((error: unknown) => {
    throw explain(name, undefined, error as Error);
  });
  if (!report) throw unknown(name, []);
  return report;
}

/** Whatever else is among the words: whether it may be depends on the plugins that there are. */
function pluginFiles(words: readonly string[]) {
  const options = { plugins: { type: 'string' }, 'plugin-settings': { type: 'string' } } as const;
  const { values } = parseArgs({ args: [...words], options, strict: false });
  const { plugins, 'plugin-settings': settings } = values;
  return {
    directory: typeof plugins === 'string' ? plugins : '/etc/gantry/monitor/plugins',
    settings: typeof settings === 'string' ? settings : '/etc/gantry/monitor/plugins.yaml',
  };
}

/** Prints what was only asked. @returns whether anything was */
function answer({ options }: CollectorLine, name?: string): boolean {
  if (options['help']) print(helpText(name));
  else if (options['version']) print(versionText());
  else if (options['help-completion']) print(completionText(name));
  else return false;
  return true;
}

function oneOf<T extends string>(formats: readonly T[], { options }: CollectorLine): T | undefined {
  const given = options['output'];
  const format = formats.find((one) => one === given);
  if (given !== undefined && !format) throw usage(`--output must be one of ${formats.join(', ')}`);
  return format;
}

function seconds({ options }: CollectorLine): number {
  const wanted = Number(options['wait'] ?? 1);
  if (!(wanted >= 0 && wanted <= 3600)) throw usage('--wait must be a number of seconds, at most 3600');
  return wanted;
}

const usage = (problem: string) => new GantryError('MONITOR_COLLECTOR_USAGE', { problem });

const unknown = (name: string, plugins: readonly HostPlugin[]) => {
  const names = [...collectorCatalogue, ...plugins].map((one) => one.name);
  return new GantryError('MONITOR_COLLECTOR_UNKNOWN', {
    name,
    hint: suggestionHint(name, [...names, ...listWords]),
    names: names.join(', '),
  });
};

type Listed = Omit<HostPlugin, 'path'> & { readonly path?: string };

function listText(collectors: readonly Listed[], output: string | undefined): string {
  const rows = collectors.map(({ name, category, kind, interval, help, path, problem }) => ({
    ...{ name, category, kind, interval, help },
    ...(path !== undefined && { path }),
    ...(problem !== undefined && { problem }),
  }));
  if (output === 'json') return `${JSON.stringify(rows)}\n`;
  if (rows.length === 0) return 'There is no plugin.\n';
  const names = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .map((row) => {
      const { name, category, kind, interval, help, path, problem } = row;
      const plugin = path === undefined ? '' : problem === undefined ? `Plugin ${path}. ` : `Plugin, refused: ${problem}`;
      const every = `${interval} s`.padStart(5);
      return `${name.padEnd(names)}  ${(category ?? 'default').padEnd(10)}  ${kind.padEnd(11)}  ${every}  ${plugin}${problem ? '' : help}`.trimEnd();
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** A given text that makes a collector fail is malformed; of this host's own the collector says what is wrong. */
function explain(name: string, given: ReadonlyMap<string, string> | undefined, error: Error): GantryError {
  const [text] = given?.values() ?? [];
  const problem = error.name === 'TimeoutError' ? 'it took too long' : error.message.replace(/\.$/, '');
  if (text === undefined) return new GantryError('MONITOR_COLLECTOR_FAILED', { name, problem }, { cause: error });
  const part = name === 'drbd' ? 'versionInfo' : name;
  const shown = showText(text.slice(0, mostShown));
  return new GantryError('MONITOR_COLLECTOR_FILE_MALFORMED', { name, text: shown, part, problem }, { cause: error });
}

/** Scripts compare what Ganeti prints of malformed files as a whole, so advice is told only to somebody who looks on. */
function printProblem(error: GantryError): number {
  const { code, what, why, todo, facts } = error.toReport();
  const malformed = code === 'MONITOR_COLLECTOR_FILE_MALFORMED';
  const first = malformed ? `${String(facts['text'])}\n[]\nFailed reading: ${String(facts['part'])}` : what;
  const more = malformed && !process.stderr.isTTY ? '' : `  code:  ${code}\n  why:  ${why}\n  what to do:  ${todo}\n`;
  printBeside(`Error: ${first}\n${more}`);
  return code === 'MONITOR_COLLECTOR_USAGE' ? 2 : 1;
}
