import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { exportedNames } from './exported-names.ts';
import { isTest, nodesOf, place, type SourceFile, sourceFiles } from './source-files.ts';

const maxFileLines = 800;
const maxFunctionLines = 70;
const maxMakerLines = 150;

/** Fails with one line for each finding. */
function none(findings: readonly string[], rule: string): void {
  assert.deepEqual(findings, [], `${rule}\n  ${findings.join('\n  ')}`);
}

const everywhere = (find: (file: SourceFile) => readonly string[]): string[] => sourceFiles().flatMap((file) => find(file));

const matches = (pattern: RegExp) => (file: SourceFile) =>
  file.text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1}  ${line.trim()}`] : []));

test(`no file is longer than ${maxFileLines} lines`, () => {
  none(
    everywhere(({ path, text }) => (text.split('\n').length > maxFileLines ? [path] : [])),
    'split these files',
  );
});

test('the median file of src stays small', () => {
  const lengths = sourceFiles()
    .filter(({ path }) => path.startsWith('src/') && !isTest(path))
    .map(({ text }) => text.split('\n').length)
    .sort((a, b) => a - b);
  const median = lengths[lengths.length >> 1] ?? 0;
  assert.ok(median <= 120, `the median file has ${median} lines`);
});

test(`no function has more than ${maxFunctionLines} lines of its own`, () => {
  none(everywhere(longFunctions), 'split these functions');
});

/**
 * Lines of functions declared inside count for themselves, so that a maker of an object with methods is measured as a
 * class would be; but all of it together has a limit too.
 */
function longFunctions(file: SourceFile): string[] {
  const found: string[] = [];
  for (const node of nodesOf(file.tree)) {
    if (!hasBody(node) || declaresTests(node)) continue;
    const whole = linesOf(file, node);
    const own = whole - sum(outermostFunctions(node).map((inner) => linesOf(file, inner) - 1));
    if (own > maxFunctionLines || whole > maxMakerLines) found.push(`${place(file, node)}  ${own} lines of its own, ${whole} in all`);
  }
  return found;
}

const hasBody = (node: ts.Node): boolean => ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;

function outermostFunctions(node: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  node.forEachChild((child) => void found.push(...(hasBody(child) ? [child] : outermostFunctions(child))));
  return found;
}

function linesOf({ tree }: SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.end).line - tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** A function that declares tests is a list of functions, each of which counts for itself. */
function declaresTests(node: ts.Node): boolean {
  for (const inner of nodesOf(node)) {
    if (ts.isCallExpression(inner) && ts.isIdentifier(inner.expression) && /^(test|it|describe|suite)$/.test(inner.expression.text))
      return true;
  }
  return false;
}

test('nothing is left undone, switched off or hidden from the compiler', () => {
  const words = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|');
  none(everywhere(matches(new RegExp(`\\b(${words})\\b`))), 'do it or write an issue');
  none(everywhere(matches(new RegExp('@ts-(ign' + 'ore|expect-error|nocheck)'))), 'say the type instead');
  none(everywhere(matches(/\b(test|it|describe|suite)\.(only|skip|todo)\b|\b(only|skip|todo): true\b/)), 'run every test');
});

test('no test waits in a loop of its own', () => {
  const isOfTests = ({ path }: SourceFile) => (isTest(path) || path.startsWith('test/')) && path !== 'test/support/until.ts';
  none(
    everywhere((file) => (isOfTests(file) ? waitingLoops(file) : [])),
    'test/support/until.ts has a limit and a message',
  );
});

function waitingLoops(file: SourceFile): string[] {
  const waits = /^(;|await (sleep|setTimeout|systemClock|new Promise))/;
  const isLoop = (node: ts.Node) =>
    (ts.isWhileStatement(node) && waits.test(node.statement.getText())) ||
    (ts.isForStatement(node) && !node.condition && !node.initializer);
  return [...nodesOf(file.tree)].filter(isLoop).map((node) => place(file, node));
}

test('the type "any" does not occur', () => {
  none(
    everywhere((file) => [...nodesOf(file.tree)].filter((node) => node.kind === ts.SyntaxKind.AnyKeyword).map((node) => place(file, node))),
    'use unknown and look at the value',
  );
});

test('no error is dropped in silence', () => {
  none(everywhere(silentCatches), 'handle it, log it, or say with a value what it means');
});

function silentCatches(file: SourceFile): string[] {
  const found: string[] = [];
  for (const node of nodesOf(file.tree)) {
    if (ts.isCatchClause(node) && node.block.statements.length === 0) found.push(place(file, node));
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression) || node.expression.name.text !== 'catch') continue;
    const [handler] = node.arguments;
    if (handler && ts.isArrowFunction(handler) && ts.isBlock(handler.body) && handler.body.statements.length === 0)
      found.push(place(file, node));
  }
  return found;
}

test('relative imports name the file with its ending', () => {
  const found = everywhere((file) =>
    importedPaths(file)
      .filter(([path]) => path.startsWith('.') && !/\.(ts|mjs|json)$/.test(path))
      .map(([path, node]) => `${place(file, node)}  ${path}`),
  );
  none(found, 'Node does not guess the ending');
});

function importedPaths(file: SourceFile): [string, ts.Node][] {
  const found: [string, ts.Node][] = [];
  for (const node of nodesOf(file.tree)) {
    const specifier = ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ? node.moduleSpecifier : importCall(node);
    if (specifier && ts.isStringLiteral(specifier)) found.push([specifier.text, node]);
  }
  return found;
}

const importCall = (node: ts.Node): ts.Node | undefined =>
  ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments[0] : undefined;

test('no path of one machine is written down', () => {
  none(everywhere(matches(/(?<![\w.$}*:])\/(work|root|home)\//)), 'derive it from import.meta.dirname, the environment or an option');
});

test('a file is called after what it exports', () => {
  const found = everywhere((file) => {
    const stem = basename(file.path, '.ts');
    if (!file.path.startsWith('src/') || isTest(file.path) || ['index', 'main'].includes(stem) || named.has(file.path)) return [];
    const names = exportedNames(file.tree);
    return names.length === 0 || names.some((name) => sharesWord(stem, name)) ? [] : [`${file.path} exports ${names.join(', ')}`];
  });
  none(found, 'rename the file or move the export');
});

/** Files that hold a handful of small things, none of them the main one. */
const named = new Set([
  'src/base/units.ts',
  'src/model/objects/common.ts',
  'src/model/params/inherit.ts',
  'src/cluster/lib/networking/network-users.ts',
]);

/** Commands and daemons export `command` or `run`; there the file has the name of the command. */
const programExports = new Set(['command', 'run']);

function sharesWord(stem: string, name: string): boolean {
  if (programExports.has(name)) return true;
  const flat = name.toLowerCase();
  return stem.split('-').some((word) => flat.includes(word.replace(/s$/, '')));
}
