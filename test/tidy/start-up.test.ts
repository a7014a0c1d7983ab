import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'typescript';
import { isTest, place, sourceFiles } from './source-files.ts';

test('the model loads the checking half of typebox on first use only', () => {
  const eager = sourceFiles()
    .filter(({ path }) => path.startsWith('src/model/') && !isTest(path))
    .flatMap((file) =>
      file.tree.statements.flatMap((statement) => {
        if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return [];
        const typesOnly = statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
        return statement.moduleSpecifier.text.startsWith('typebox/') && !typesOnly ? [place(file, statement)] : [];
      }),
    );
  assert.deepEqual(eager, [], 'use src/model/load-typebox.ts');
});

test('a command that talks to a cluster loads nothing of the model: that is schemas in several hundred modules', () => {
  const rooms = /^src\/cli\/(command|commands|completion|connect|console|opcodes|output|progress)\//;
  const eager = sourceFiles()
    .filter(({ path }) => rooms.test(path) && !isTest(path))
    .flatMap((file) =>
      file.tree.statements.flatMap((statement) => {
        if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return [];
        const { importClause, moduleSpecifier } = statement;
        const typesOnly = importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
        return /\/model\/index\.ts$|^typebox/.test(moduleSpecifier.text) && !typesOnly ? [place(file, statement)] : [];
      }),
    );
  assert.deepEqual(eager, [], 'import its types, or load it where it is needed');
});
