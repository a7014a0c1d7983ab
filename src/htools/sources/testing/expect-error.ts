import assert from 'node:assert/strict';
import { type ErrorCode, GantryError } from '../../../base/index.ts';

/** Asserts that it fails with an error of this code whose text fits and is complete. */
export async function expectError(action: () => unknown, code: ErrorCode, text: RegExp): Promise<void> {
  await assert.rejects(
    async () => await action(),
    (error: unknown) => {
      assert.ok(error instanceof GantryError, `not an error of the catalogue: ${String(error)}`);
      assert.equal(error.code, code, error.message);
      assert.match(error.message, text);
      assert.doesNotMatch(error.message, /\{\w+\}/, 'a placeholder was not filled');
      return true;
    },
  );
}
