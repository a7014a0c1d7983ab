import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

export const projectRoot = join(import.meta.dirname, '../..');

export interface SourceFile {
  /** Relative to the root of the project. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

const left = new Set(['node_modules', 'testdata', '.git', '.cache']);

/** Paths of all files below a folder, without test data and what npm installed. */
export function filesBelow(folder: string, wanted: (name: string) => boolean): string[] {
  const paths: string[] = [];
  for (const entry of readdirSync(join(projectRoot, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (left.has(entry.name)) continue;
    if (entry.isDirectory()) paths.push(...filesBelow(path, wanted));
    else if (wanted(entry.name)) paths.push(relative('', path));
  }
  return paths.sort();
}

let files: readonly SourceFile[] | undefined;

/** Every TypeScript file of the project, parsed. */
export function sourceFiles(): readonly SourceFile[] {
  files ??= ['src', 'test', 'bench', 'tools']
    .flatMap((folder) => filesBelow(folder, (name) => name.endsWith('.ts')))
    .map((path) => {
      const text = readFileSync(join(projectRoot, path), 'utf8');
      return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
    });
  return files;
}

export const isTest = (path: string): boolean => path.endsWith('.test.ts');

/** `file:line`, as editors and terminals understand it. */
export function place(file: SourceFile, node: ts.Node): string {
  const { line } = file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree));
  return `${file.path}:${line + 1}`;
}

/** All nodes of a tree, parents first. */
export function* nodesOf(node: ts.Node): IterableIterator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  node.forEachChild((child) => void children.push(child));
  for (const child of children) yield* nodesOf(child);
}
