import assert from 'node:assert/strict';
import { type ErrorCode, GantryError } from '../../../base/index.ts';

/** Asserts that it fails with an error of this code whose text fits; returns the text. */
export async function expectError(action: () => unknown, code: ErrorCode, text: RegExp): Promise<string> {
  try {
    await action();
  } catch (error) {
    assert.ok(error instanceof GantryError, `not an error of the catalogue: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, text);
    assert.doesNotMatch(error.message, /\{\w+\}/, 'a placeholder was not filled');
    return error.message;
  }
  assert.fail(`no error, ${code} was expected`);
}
