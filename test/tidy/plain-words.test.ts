import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { errorCatalogue } from '../../src/base/index.ts';
import { opcodeCatalogue } from '../../src/model/index.ts';
import { filesBelow, isTest, nodesOf, place, projectRoot, sourceFiles } from './source-files.ts';

/** Turns of phrase that operators stumbled over, with what to write instead (docs/style.md). */
const refused: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/gives? up root/i, 'drops root privileges'],
  [/\b(is|are) not to\b/, 'may not, must not'],
  [/wants? a yes/i, 'requires confirmation'],
  [/\bmend(s|ed|ing)?\b/i, 'fix, correct, repair'],
  [/up to one of its dots/, 'an unambiguous prefix that ends at a dot'],
  [/nothing follows/, '… requires …'],
  [/as (it|they) (is|are|has it|have them) by (itself|themselves)/, 'the built-in default'],
  [/held against/, 'compared with'],
  [/never right/, 'invalid'],
  [/in its midst/, 'during it'],
  [/\banew\b/, 'again'],
  [/\bworthless\b/, 'unusable, invalid'],
  [/makes? no sense/, 'cannot be understood, is not valid'],
  [/\bin silence\b/, 'silently, without a message'],
  [/\bone a line\b/, 'one per line'],
  [/did not foresee/, 'internal error'],
  [/\bwhence\b/i, 'from where'],
  [/\bfor want of\b/, 'because there is no …'],
  [/\bin the way of\b/, 'blocks, delays, refuses'],
  [/\b(told|tells?) of\b/, 'reports, reported'],
  [/\bin place of\b/, 'instead of'],
  [/\bside by side\b/, 'in parallel, at the same time'],
  [/["'`}] is no [a-z]/, 'is not a'],
  [/\bstands? there\b/, 'occurs, exists'],
  [/\b(in|out)side of\b/, 'inside, outside'],
  [/\b(bearers?|holders?) of a\b/, 'clients with a'],
  [/\bpass(es|ed)? over\b/, 'ignores, skips'],
  [/\bgo(es)? on\b/, 'continues'],
  [/\bby (itself|themselves)\b/, 'automatically, separately'],
  [/\bturned away\b/, 'refused'],
  [/\blook(s|ed)? after\b/, 'checks, watches'],
  [/\b(give|given|gives) out\b/, 'assigns'],
  // The states of jobs have Ganeti's spelling, as data: alone, in quotes, or in Ganeti's "Job 7 canceled".
  [/(?<!^|[`"'(]|\bJob (\S+ )?)\bcancel(ed|ing|ation)\b/, 'cancelled, cancelling, cancellation'],
  [/\bCancel(ed|ing|ation)\b/, 'Cancelled, Cancelling, Cancellation'],
];

/** The style page quotes the phrases that it replaces. */
const pages = [...filesBelow('docs', (name) => name.endsWith('.md') && name !== 'style.md'), 'README.md', 'CHANGELOG.md'];

const faults = (text: string): string[] =>
  refused.flatMap(([phrase, instead]) => {
    const found = phrase.exec(text)?.[0];
    return found === undefined ? [] : [`"${found}" (rather: ${instead}): ${text.trim().slice(0, 160)}`];
  });

test('errors and opcodes are told in plain words', () => {
  const errors = Object.entries(errorCatalogue).flatMap(([code, { what, why, todo }]) =>
    [what, why, todo].flatMap(faults).map((fault) => `${code}: ${fault}`),
  );
  const opcodes = [...opcodeCatalogue.values()].flatMap((definition) =>
    faults(JSON.stringify([definition.summary, definition.ownFields, definition.result, definition.cli ?? null])).map(
      (fault) => `${definition.id}: ${fault}`,
    ),
  );
  assert.deepEqual([...errors, ...opcodes], []);
});

test('pages are written in plain words', () => {
  const found = pages.flatMap((path) =>
    readFileSync(join(projectRoot, path), 'utf8')
      .split('\n')
      .flatMap((line, index) => faults(line).map((fault) => `${path}:${index + 1}: ${fault}`)),
  );
  assert.deepEqual(found, [], found.join('\n'));
});

test('help, log lines and findings are written in plain words', () => {
  const isText = (node: ts.Node): node is ts.StringLiteral | ts.NoSubstitutionTemplateLiteral | ts.TemplateExpression =>
    ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node);
  const found = sourceFiles()
    .filter(({ path }) => path.startsWith('src/') && !isTest(path) && !path.includes('/testing/') && !path.endsWith('-conformance.ts'))
    .flatMap((file) =>
      [...nodesOf(file.tree)].filter(isText).flatMap((node) => faults(textOf(node)).map((fault) => `${place(file, node)}: ${fault}`)),
    );
  assert.deepEqual(found, [], found.join('\n'));
});

/** A template without the code between its texts. */
function textOf(node: ts.StringLiteral | ts.NoSubstitutionTemplateLiteral | ts.TemplateExpression): string {
  return ts.isTemplateExpression(node)
    ? [node.head, ...node.templateSpans.map(({ literal }) => literal)].map(({ text }) => text).join('…')
    : node.text;
}

test('a refused phrase would be noticed', () => {
  assert.equal(faults('The master gives up root.').length, 1);
  assert.equal(faults('Mend what is named.').length, 1);
  assert.deepEqual(faults('The master drops root privileges.'), []);
  for (const text of ['The job was canceled.', 'Canceled before it began', 'job 7 is canceling'])
    assert.equal(faults(text).length, 1, text);
  for (const text of ['canceled', 'It becomes `canceling`.', 'Job 7 canceled', 'Job canceled by request', 'The job was cancelled.'])
    assert.deepEqual(faults(text), [], text);
});
