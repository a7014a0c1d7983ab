import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorCatalogue } from '../../src/base/index.ts';
import { opcodeCatalogue } from '../../src/model/index.ts';
import { generatedData } from '../../tools/generated-data.ts';
import { generatedLists } from '../../tools/generated-lists.ts';
import { generatedPages } from '../../tools/generated-pages.ts';
import { projectRoot } from './source-files.ts';

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const headings = (page: string) => [...page.matchAll(/^## ([A-Z_]+)$/gm)].map(([, code]) => code);

for (const [path, make] of Object.entries({ ...generatedLists, ...generatedData, ...generatedPages })) {
  test(`${path} is what the source says`, () => {
    assert.ok(read(path) === make(), `${path} is out of date: run "node tools/generate-docs.ts" and commit it`);
  });
}

test('docs/errors.md has every error and no other', () => {
  assert.deepEqual(headings(read('docs/errors.md')).toSorted(), Object.keys(errorCatalogue).toSorted());
});

test('docs/opcodes.md has every opcode and no other', () => {
  assert.deepEqual(headings(read('docs/opcodes.md')).toSorted(), [...opcodeCatalogue.keys()].toSorted());
});
