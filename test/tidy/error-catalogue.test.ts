import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { type ErrorDefinition, errorCatalogue } from '../../src/base/index.ts';
import { isTest, nodesOf, place, projectRoot, type SourceFile, sourceFiles } from './source-files.ts';

const catalogue: Readonly<Record<string, ErrorDefinition>> = errorCatalogue;
const product = () =>
  sourceFiles().filter(({ path }) => /^(src|bench)\//.test(path) && !isTest(path) && !path.startsWith('src/base/errors/'));

test('every error of the catalogue can happen', () => {
  const used = new Set([...readFileSync(join(projectRoot, 'gantry'), 'utf8').matchAll(/\b[A-Z]+(_[A-Z]+)+\b/g)].map(([code]) => code));
  // It makes errors of what others throw.
  const maker = sourceFiles().filter(({ path }) => path === 'src/base/errors/gantry-error.ts');
  for (const { tree } of [...product(), ...maker]) for (const node of nodesOf(tree)) if (ts.isStringLiteral(node)) used.add(node.text);
  const idle = Object.keys(catalogue).filter((code) => !used.has(code));
  assert.deepEqual(idle, [], `errors that nothing reports: ${idle.join(', ')}`);
});

test('what is thrown by its code has all the facts that its texts name', () => {
  const found = product().flatMap((file) => [...nodesOf(file.tree)].flatMap((node) => missingFacts(file, node)));
  assert.deepEqual(found, [], found.join('\n'));
});

/** Looks at `new GantryError('CODE', { … })` and `finding('CODE', subject, { … })` where both are written out. */
function missingFacts(file: SourceFile, node: ts.Node): string[] {
  const [code, facts] = codeAndFacts(file, node);
  if (!code || !ts.isStringLiteral(code) || (facts && !ts.isObjectLiteralExpression(facts))) return [];
  const properties = facts?.properties ?? [];
  if (properties.some((property) => ts.isSpreadAssignment(property))) return [];
  const given = new Set(properties.map((property) => property.name?.getText(file.tree).replace(/['"]/g, '')));
  const missing = placeholders(catalogue[code.text]).filter((name) => !given.has(name));
  return missing.length === 0 ? [] : [`${place(file, node)}  ${code.text} lacks ${missing.join(', ')}`];
}

function codeAndFacts({ tree }: SourceFile, node: ts.Node): [code?: ts.Expression, facts?: ts.Expression] {
  if (ts.isNewExpression(node) && node.expression.getText(tree) === 'GantryError') {
    return [...(node.arguments ?? [])] as [ts.Expression?, ts.Expression?];
  }
  if (!ts.isCallExpression(node) || node.expression.getText(tree) !== 'finding') return [];
  const [code, , facts] = node.arguments;
  return code && facts ? [code, facts] : [];
}

const placeholders = (definition: ErrorDefinition | undefined): string[] =>
  definition ? [...`${definition.what}${definition.why}${definition.todo}`.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '') : [];

/** What happened, word for word as Ganeti's programs say it: scripts compare these lines as a whole. */
const inGanetisWords = new Set(['HTOOLS_EXEC_NEEDS_LUXI', 'ROLL_NO_NODES', 'ROLL_MIGRATION_FAILS']);

test('every error says what happened, why, and what to do', () => {
  for (const [code, { what, why, todo, http, kind }] of Object.entries(catalogue)) {
    assert.match(code, /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
    const sentences = inGanetisWords.has(code) ? [why, todo] : [what, why, todo];
    for (const text of sentences) assert.ok(text.length > 8 && /[.}]$/.test(text), `${code}: "${text}"`);
    assert.ok(http >= 400 && http < 600, `${code}: HTTP ${http}`);
    if (kind === 'user') assert.ok(http < 500 || http === 501, `${code}: an error of the request with HTTP ${http}`);
  }
});
