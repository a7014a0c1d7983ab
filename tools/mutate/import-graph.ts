import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

interface Imports {
  /** File to the names taken from it; no names stands for all of it. */
  readonly from: ReadonlyMap<string, ReadonlySet<string>>;
  /** Name that this file passes on, to the file it has it from (for the doors of rooms). */
  readonly passedOn: ReadonlyMap<string, string>;
}

/** How many imports lie between a test and the file it touches, for every test that touches it; nearest first. */
export type TestsOf = (file: string) => readonly { readonly test: string; readonly distance: number }[];

/**
 * Reads the imports of all files (paths from the root). What comes through the door of a room counts as taken from the file
 * behind it, and a file that is started as a thread or a program, named beside the own one, as taken whole.
 */
export function importGraph(root: string, files: readonly string[]): TestsOf {
  const known = new Set(files);
  const imports = new Map(files.map((file) => [file, readImports(root, file, known)]));
  const importers = new Map<string, Set<string>>();
  for (const [file, { from }] of imports) {
    for (const target of behindDoors(from, imports)) {
      const existing = importers.get(target) ?? new Set();
      importers.set(target, existing.add(file));
    }
  }
  return (file) => nearestTests(file, importers);
}

function nearestTests(file: string, importers: ReadonlyMap<string, ReadonlySet<string>>): { test: string; distance: number }[] {
  const found: { test: string; distance: number }[] = [];
  const seen = new Set([file]);
  let ring = [file];
  for (let distance = 0; ring.length > 0; distance += 1) {
    const tests = ring.filter((one) => one.endsWith('.test.ts')).sort(nearTo(file));
    found.push(...tests.map((test) => ({ test, distance })));
    const next = ring.flatMap((one) => [...(importers.get(one) ?? [])]).filter((one) => !seen.has(one));
    for (const one of next) seen.add(one);
    ring = [...new Set(next)];
  }
  return found;
}

/** Of tests equally many imports away, those of the same folder know most of the file. */
const nearTo = (file: string) => (a: string, b: string) => shared(b, file) - shared(a, file) || (a < b ? -1 : 1);

function shared(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

function behindDoors(from: Imports['from'], imports: ReadonlyMap<string, Imports>): Set<string> {
  const targets = new Set<string>();
  for (const [target, names] of from) {
    const passedOn = target.endsWith('/index.ts') ? imports.get(target)?.passedOn : undefined;
    if (!passedOn || names.size === 0) targets.add(target);
    else for (const name of names) targets.add(passedOn.get(name) ?? target);
  }
  return targets;
}

function readImports(root: string, file: string, known: ReadonlySet<string>): Imports {
  const tree = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const from = new Map<string, Set<string>>();
  const passedOn = new Map<string, string>();
  const take = (specifier: ts.Node | undefined, names: readonly string[]) => {
    if (!specifier || !ts.isStringLiteralLike(specifier) || !specifier.text.startsWith('.')) return undefined;
    return takeFile(specifier.text, names);
  };
  const takeFile = (path: string, names: readonly string[]) => {
    const target = relative('', join(dirname(file), path));
    if (!known.has(target)) return undefined;
    const existing = from.get(target) ?? new Set();
    for (const name of names) existing.add(name);
    from.set(target, existing);
    return target;
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && !isTypeOnly(node)) take(node.moduleSpecifier, importedNames(node.importClause?.namedBindings));
    else if (ts.isExportDeclaration(node) && !node.isTypeOnly) {
      const names = exportedNames(node);
      const target = take(node.moduleSpecifier, names);
      if (target) for (const name of names) passedOn.set(name, target);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) take(node.arguments[0], []);
    else {
      const started = namedBeside(node);
      if (started !== undefined) takeFile(started, []);
    }
    node.forEachChild(visit);
  };
  visit(tree);
  return { from, passedOn };
}

/** The path in `new URL('./thread.ts', import.meta.url)` and `join(import.meta.dirname, '..', 'main.ts')`. */
function namedBeside(node: ts.Node): string | undefined {
  const isUrl = ts.isNewExpression(node) && node.expression.getText() === 'URL' && node.arguments?.[1]?.getText() === 'import.meta.url';
  const isJoin =
    ts.isCallExpression(node) && node.expression.getText() === 'join' && node.arguments[0]?.getText() === 'import.meta.dirname';
  const parts = isUrl ? node.arguments?.slice(0, 1) : isJoin ? node.arguments.slice(1) : undefined;
  return parts?.every(ts.isStringLiteralLike) ? join(...parts.map(({ text }) => text)) : undefined;
}

const isTypeOnly = ({ importClause }: ts.ImportDeclaration): boolean => importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;

const importedNames = (bindings: ts.NamedImportBindings | undefined): string[] =>
  bindings && ts.isNamedImports(bindings)
    ? bindings.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name, propertyName }) => (propertyName ?? name).text)
    : [];

const exportedNames = ({ exportClause }: ts.ExportDeclaration): string[] =>
  exportClause && ts.isNamedExports(exportClause)
    ? exportClause.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name }) => name.text)
    : [];
