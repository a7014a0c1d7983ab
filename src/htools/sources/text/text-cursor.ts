import { GantryError } from '../../../base/index.ts';
import type { Placed } from '../name-index.ts';

const whole = /^\d+$/;
const decimal = /^\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** Where in a text file the reader is; reads fields and complains with file, line and section. */
export class TextCursor implements Placed {
  readonly file: string;
  section = '';
  line = 0;

  constructor(file: string) {
    this.file = file;
  }

  get place(): string {
    return `${this.file}, line ${this.line} (${this.section})`;
  }

  fail(problem: string): never {
    throw new GantryError('HTOOLS_TEXT_INVALID', { file: this.file, line: this.line, section: this.section, problem });
  }

  /** A number from 0 on without a fraction. */
  integer(field: string, text: string): number {
    const value = whole.test(text) ? Number(text) : Number.NaN;
    return Number.isSafeInteger(value) ? value : this.badNumber(field, text);
  }

  /** A number from 0 on. */
  real(field: string, text: string): number {
    const value = decimal.test(text) ? Number(text) : Number.NaN;
    return Number.isFinite(value) ? value : this.badNumber(field, text);
  }

  flag(field: string, text: string): boolean {
    if (text === 'Y') return true;
    return text === 'N' ? false : this.fail(`${field} is '${text}', not Y or N`);
  }

  /** One of the words that are known. */
  word<T extends string>(what: string, text: string, words: readonly T[]): T {
    return words.find((word) => word === text) ?? this.fail(`'${text}' is not ${what}`);
  }

  private badNumber(field: string, text: string): never {
    return this.fail(/^-\d/.test(text) ? `${field} is negative: ${text}` : `${field}: cannot parse string '${text}'`);
  }
}
