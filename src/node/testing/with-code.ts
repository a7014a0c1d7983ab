import { type ErrorCode, GantryError } from '../../base/index.ts';

/** For `assert.rejects`: an error of ours with this code, and perhaps a text. */
export const withCode =
  (code: ErrorCode, text?: RegExp) =>
  (error: unknown): boolean => {
    if (!(error instanceof GantryError)) throw error;
    if (error.code !== code || (text && !text.test(error.message))) throw new Error(`expected ${code} ${text ?? ''}`, { cause: error });
    return true;
  };
