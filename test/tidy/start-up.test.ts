import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'typescript';
import { isTest, place, sourceFiles } from './source-files.ts';

test('the model loads the checking half of typebox on first use only, since every command that submits a job loads the model', () => {
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
