import { readFile } from 'node:fs/promises';
import { GantryError } from '../../src/base/index.ts';

/** The numbers of a file, one after the other. */
export interface Numbers {
  /** The next one, a whole number up to `most`; `what` names it in the error. */
  next(what: string, most?: number): number;
  /** That nothing comes any more. */
  end(): void;
}

/** Opens a file of whole numbers apart by white space. Works on the bytes: the largest models have 25 million numbers. */
export async function readNumbers(file: string): Promise<Numbers> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GantryError('SEARCH_FILE_UNREADABLE', { file, reason }, { cause });
  });
  let at = 0;
  const lineAt = (end: number) => {
    let line = 1;
    for (let i = 0; i < end; i++) if (bytes[i] === newLine) line++;
    return line;
  };
  const fail = (start: number, problem: string): never => {
    throw new GantryError('SEARCH_FILE_INVALID', { file, line: lineAt(start), problem });
  };
  const skipBlanks = () => {
    while (at < bytes.length && (bytes[at] as number) <= blank) at++;
  };
  const wordAt = (start: number) => {
    let end = start;
    while (end < bytes.length && (bytes[end] as number) > blank) end++;
    return bytes.toString('utf8', start, Math.min(end, start + 40));
  };
  return {
    next(what, most = Number.MAX_SAFE_INTEGER) {
      skipBlanks();
      const start = at;
      if (start === bytes.length) fail(start, `the file ends where ${what} should be`);
      let value = 0;
      for (; at < bytes.length; at++) {
        const digit = (bytes[at] as number) - zero;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      if (at === start || (at < bytes.length && (bytes[at] as number) > blank)) {
        fail(start, `${what} must be a whole number, not negative; there is "${wordAt(start)}"`);
      }
      if (value > most) fail(start, `${what} is ${wordAt(start)}, more than ${most}`);
      return value;
    },
    end() {
      skipBlanks();
      if (at < bytes.length) fail(at, `the file should end here; there is "${wordAt(at)}"`);
    },
  };
}

const newLine = 10;
const blank = 32;
const zero = 48;
