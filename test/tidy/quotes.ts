import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { aliases, commandIndex } from '../../src/cli/command/command-index.ts';
import { opcodeCommands } from '../../src/cli/command/opcode-commands.ts';
import { programs as htools } from '../../src/htools/command/programs.ts';
import { ganetiOperations } from '../../src/model/index.ts';
import { filesBelow, isTest, nodesOf, projectRoot, sourceFiles } from './source-files.ts';

/** A command that a text names. */
export interface Quote {
  /** `file:line`. */
  readonly place: string;
  /** `gantry`, or one of the programs that are also there without it. */
  readonly program: string;
  /** What follows it. */
  readonly text: string;
}

type Found = readonly [at: number, program: string, text: string];

const names = ['gantry', ...Object.keys(htools), 'mon-collector'].join('|');
const program = String.raw`(?:\.\/|bin\/|\/opt\/gantry\/(?:bin\/)?)?(${names})`;

/** Between quotes of one kind. */
const betweenQuotes = new RegExp(`(["\`])${program} ((?:(?!\\1)[^\\n])+)\\1`, 'g');
/** In a line of a shell or of a systemd unit: at its beginning, or after what comes before a command. */
const inLine = new RegExp(
  `(^ *(?:[#$] )?|[|;&(] ?|\\bsudo |netns exec \\S+ |\\b[A-Z_]+=\\S+ |ExecStart=(?:/usr/bin/)?)${program} +(?!\\()((?:[^\\\\\\n]|\\\\[\\s\\S])*)`,
  'gm',
);
/** In a sentence, after a colon, a comma or "run", up to the next comma, bracket or gap. */
const inSentence = new RegExp(`(\\w: |\\(|, |or: |\\b[Rr]un )${program} ((?:(?!, | {2}|[()\\n]|\\. ).)+)`, 'g');

const commands = [...commandIndex, ...opcodeCommands()].map(({ path }) => path.join(' '));
const later = ganetiOperations.flatMap(({ commands: names = [] }) => names);
const wordAt = (place: number, paths: readonly string[]) => [...new Set(paths.flatMap((path) => path.split(' ')[place] ?? []))].join('|');
/** Words with which commands begin, such as "instance", and the second words of any command: other words after a topic are no command. */
const topics = wordAt(
  0,
  commands.filter((path) => path.includes(' ')),
);
const verbs = wordAt(1, [...commands, ...Object.keys(aliases), ...later]);
/** `instance list`, without the program. */
const bare = new RegExp(`\`((?:${topics}) (?:${verbs})(?: [^\`\\n]*)?)\``, 'g');

function* bareCommands(text: string): Generator<Found> {
  for (const match of text.matchAll(bare)) yield [match.index, 'gantry', match[1] ?? ''];
}

function* matches(pattern: RegExp, text: string): Generator<Found> {
  for (const match of text.matchAll(pattern)) yield [match.index, match[2] ?? '', (match[3] ?? '').replaceAll('\\\n', ' ')];
}

/** Commands in a text that people read: between quotes, and in lines of their own. */
export function* inText(text: string): Generator<Found> {
  yield* matches(betweenQuotes, text);
  yield* matches(inLine, text);
}

/** In prose a line may begin with the name of a program; only what stands in a block of code is a line of a shell. */
export function* inPage(text: string): Generator<Found> {
  yield* matches(betweenQuotes, text);
  yield* bareCommands(text);
  for (const block of text.matchAll(/^```\w*\n(.*?)^```/gms)) {
    for (const [at, name, rest] of matches(inLine, block[0])) yield [block.index + at, name, rest];
  }
}

/** What systemd, plugins, scripts and settings say. */
const otherFiles = (): string[] => [
  ...filesBelow('docs', (name) => /\.(ya?ml|json|rules)$/.test(name)),
  ...filesBelow('packaging/systemd', (name) => name.endsWith('.service')),
  ...filesBelow('plugins', () => true),
  ...filesBelow('bin', () => true),
  'gantry',
];

/** Generated pages come from the source, which is read itself. */
export const pages = (): string[] => [
  ...filesBelow('docs', (name) => name.endsWith('.md') && name !== 'errors.md'),
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
];

function quotesOfFiles(paths: readonly string[], find: (text: string) => Iterable<Found>): Quote[] {
  return paths.flatMap((path) => {
    const text = readFileSync(join(projectRoot, path), 'utf8');
    return [...find(text)].map(([at, name, rest]) => ({ place: `${path}:${lineOf(text, at)}`, program: name, text: rest }));
  });
}

const lineOf = (text: string, at: number): number => text.slice(0, at + 1).split('\n').length;

/** Texts that the product prints (errors, help, examples, findings, lines of logs), and comments. */
function quotesOfSource(): Quote[] {
  return sourceFiles()
    .filter(({ path }) => (path.startsWith('src/') || path.startsWith('tools/')) && !isTest(path) && !path.includes('/testing/'))
    .flatMap(({ path, text, tree }) => {
      const quote = (at: number) => (found: Found) => ({ place: `${path}:${lineOf(text, at)}`, program: found[1], text: found[2] });
      const texts = [...nodesOf(tree)].filter(isText).flatMap((node) => {
        const whole = textOf(node);
        return [...inText(whole), ...matches(inSentence, whole)].map(quote(node.getStart(tree)));
      });
      const comments = [...text.matchAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g)];
      return [...texts, ...comments.flatMap((one) => [...matches(betweenQuotes, one[0]), ...bareCommands(one[0])].map(quote(one.index)))];
    });
}

type Text = ts.StringLiteral | ts.NoSubstitutionTemplateLiteral | ts.TemplateExpression | ts.BinaryExpression;

/** A text, which may be put together of several with "+"; its parts alone are none. */
function isText(node: ts.Node): node is Text {
  const { parent } = node;
  if (parent && ts.isBinaryExpression(parent) && isJoin(parent)) return false;
  return ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node) || isJoin(node);
}

const isJoin = (node: ts.Node): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken && (isPart(node.left) || isPart(node.right));

const isPart = (node: ts.Node): boolean => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || isJoin(node);

/** A text with something where its values stand. */
function textOf(node: ts.Node): string {
  if (ts.isBinaryExpression(node)) return textOf(node.left) + textOf(node.right);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return '{value}';
  return node.head.text + node.templateSpans.map((span) => `{value}${span.literal.text}`).join('');
}

/** Every command that a text of the project quotes. */
export const allQuotes = (): Quote[] => [...quotesOfFiles(pages(), inPage), ...quotesOfFiles(otherFiles(), inText), ...quotesOfSource()];
