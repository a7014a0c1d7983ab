import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { errorCatalogue, GantryError } from '../../src/base/index.ts';
import { findCommand } from '../../src/cli/command/find-command.ts';
import { parseCommandLine, splitLeadingOptions } from '../../src/cli/command/parse-command-line.ts';
import { type CompletionTable, completionTable } from '../../src/cli/completion/completion-table.ts';
import { filesBelow, isTest, nodesOf, place, projectRoot, sourceFiles } from './source-files.ts';

interface Quote {
  readonly place: string;
  /** What follows "gantry". */
  readonly text: string;
}

/** Pages whose every command must be one of today's; generated pages come from the source, which is read itself. */
const pages = [...filesBelow('docs', (name) => name.endsWith('.md') && name !== 'errors.md'), 'README.md', 'CONTRIBUTING.md'];
const program = String.raw`(?:\.\/|bin\/|\/opt\/gantry\/)?gantry`;

/** Commands in a text: between quotes of any kind, or whole lines, with or without the sign of a prompt. */
function* commandsIn(text: string): IterableIterator<[at: number, command: string]> {
  const quoted = new RegExp(`(["\`])${program} ((?:(?!\\1)[^\\n])+)\\1`, 'g');
  for (const match of text.matchAll(quoted)) yield [match.index, match[2] ?? ''];
  const line = new RegExp(`^ *(?:[#$] )?${program} +(\\S.*)$`, 'gm');
  for (const match of text.matchAll(line)) yield [match.index, match[1] ?? ''];
}

function quotesOfPages(): Quote[] {
  return pages.flatMap((path) => {
    const text = readFileSync(join(projectRoot, path), 'utf8');
    return [...commandsIn(text)].map(([at, command]) => ({ place: `${path}:${text.slice(0, at + 1).split('\n').length}`, text: command }));
  });
}

/** Texts that the product prints: error texts, help, examples, hints. */
function quotesOfSource(): Quote[] {
  return sourceFiles()
    .filter(({ path }) => path.startsWith('src/') && !isTest(path) && !path.includes('/testing/'))
    .flatMap((file) =>
      [...nodesOf(file.tree)]
        .filter(isText)
        .flatMap((node) => [...commandsIn(textOf(node))].map(([, command]) => ({ place: place(file, node), text: command }))),
    );
}

const isText = (node: ts.Node): node is ts.StringLiteral | ts.NoSubstitutionTemplateLiteral | ts.TemplateExpression =>
  ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node);

/** A template with something where its values stand. */
function textOf(node: ts.StringLiteral | ts.NoSubstitutionTemplateLiteral | ts.TemplateExpression): string {
  if (!ts.isTemplateExpression(node)) return node.text;
  return node.head.text + node.templateSpans.map((span) => `{value}${span.literal.text}`).join('');
}

/** The words as a shell would split them, up to a comment, a pipe or another command; undefined where a text only hints at them. */
function wordsOf(command: string): string[] {
  const bare = command.replace(/ +#.*$/, '').replace(/(?: [|;&]| <|\s\d?>).*$/, '');
  const words = bare.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replace(/^(['"])(.*)\1$/, '$2').replace(/[.,:)]+$/, ''));
}

/** A value that a text leaves open: `{name}`, `<name>`, `NAME`, `…`. */
const isOpen = (word: string): boolean => /^(\{\w+\}|<.*>|\[.*\]|…|[A-Z][A-Z_-]+)$/.test(word);

/** Why a command line would not be understood; undefined when it would. */
async function problemOf(text: string, table: CompletionTable): Promise<string | undefined> {
  const words = wordsOf(text);
  // "gantry {command} --help": which command it is, the text does not say; "gantry <object> <command>" neither.
  if (words.length === 0 || isOpen(words[0] ?? '')) return undefined;
  try {
    const { rest } = splitLeadingOptions(words);
    const found = await findCommand(rest);
    if (found.kind === 'topic') return undefined;
    if (found.kind === 'program') return programProblem(found.program.path.join(' '), found.rest, table);
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

function programProblem(path: string, rest: readonly string[], table: CompletionTable): string | undefined {
  const known = table.options.get(path)?.split(' ') ?? [];
  // "test" and "bench" hand their words on.
  if (path === 'test' || path === 'bench') return undefined;
  const strange = rest.find((word) => /^--?[a-z]/.test(word) && !known.includes(word.split('=')[0] ?? '') && !/^-[a-zA-Z]/.test(word));
  return strange === undefined ? undefined : `"gantry ${path}" has no option ${strange}`;
}

test('every gantry command that a page, an error or a help text names exists, with the options that it is given', async () => {
  const table = await completionTable();
  const wrong: string[] = [];
  const quotes = [...quotesOfPages(), ...quotesOfSource()];
  for (const { place: at, text } of quotes) {
    const problem = await problemOf(text, table);
    if (problem !== undefined) wrong.push(`${at}: gantry ${text}\n    ${problem}`);
  }
  assert.ok(quotes.length > 200, `only ${quotes.length} commands were found`);
  assert.deepEqual(wrong, [], wrong.join('\n'));
});

test('a command that does not exist would be noticed', async () => {
  const table = await completionTable();
  for (const text of ['instance frobnicate web1', 'instance add web1 --sise 1G', 'job info 1 --frob', 'up --nods 3', 'tag add planet x']) {
    assert.ok(await problemOf(text, table), text);
  }
  for (const text of ['instance add web1 --os tiny', 'job watch {job}', '--cluster x node list', 'instance', 'help instance add']) {
    assert.equal(await problemOf(text, table), undefined, text);
  }
});

test('options that an error text advises exist', async () => {
  const { options } = await completionTable();
  const known = new Set([...options.values()].flatMap((words) => words.split(' ')));
  const texts = Object.entries(errorCatalogue)
    // That one is about a benchmark, which is no part of the command line.
    .filter(([code]) => code !== 'SEARCH_OPTION_INVALID')
    .map(
      ([code, { what, why, todo }]) =>
        [code, `${what} ${why} ${todo}`.replace(/"(adduser|useradd|groupadd|addgroup) [^"]*"/g, '')] as const,
    );
  const wrong = texts.flatMap(([code, text]) =>
    [...text.matchAll(/(?<![\w{-])--[a-z][\w-]*/g)].flatMap(([option]) => (known.has(option) ? [] : [`${code}: ${option}`])),
  );
  assert.deepEqual(wrong, []);
});

test('systemd units that texts name are there', () => {
  const units = readdirSync(join(projectRoot, 'docs/systemd')).map((name) => name.replace(/\.service$/, ''));
  const texts = [
    ...pages.map((path) => ({ at: path, text: readFileSync(join(projectRoot, path), 'utf8') })),
    ...sourceFiles()
      .filter(({ path }) => path.startsWith('src/') && !isTest(path))
      .map(({ path, text }) => ({ at: path, text })),
  ];
  const named = texts.flatMap(({ at, text }) =>
    [...text.matchAll(/(?:systemctl [a-z-]+|journalctl (?:-\S+ )*-u) ([\w@.-]+)/g)].map(([, unit = '']) => ({
      at,
      unit: unit.replace(/\.service$/, ''),
    })),
  );
  const missing = named.filter(({ unit }) => unit.startsWith('gantry') && !units.includes(unit)).map(({ at, unit }) => `${at}: ${unit}`);
  assert.deepEqual(missing, []);
});
