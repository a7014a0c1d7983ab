import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, errorCatalogue, GantryError, type JsonObject } from '../base/index.ts';
import { finding } from './finding.ts';

const foundAs = (code: ErrorCode) => new GantryError(code, {}).definition.finding;

/** The first code of the catalogue whose finding is like this. */
const codeWith = (isIt: (found: ReturnType<typeof foundAs>) => boolean): ErrorCode => {
  const code = (Object.keys(errorCatalogue) as ErrorCode[]).find((each) => isIt(foundAs(each)));
  assert.ok(code);
  return code;
};

test('a finding has the words of the catalogue, and says how bad it is and what Ganeti calls it', () => {
  const facts: JsonObject = {};
  for (const [code, severity, hasGaneti] of [
    [codeWith((found) => found?.warning === true), 'warning', undefined],
    [codeWith((found) => found?.warning !== true && found?.ganeti !== undefined), 'error', true],
    [codeWith((found) => found === undefined), 'error', false],
  ] as const) {
    const { what, todo } = new GantryError(code, facts).toReport();
    const { ganeti_code, ...found } = finding(code, 'instance web1', facts);
    assert.deepEqual(found, { code, subject: 'instance web1', text: what, todo, severity });
    assert.equal(ganeti_code, foundAs(code)?.ganeti);
    if (hasGaneti !== undefined) assert.equal(ganeti_code !== undefined, hasGaneti);
  }
});
