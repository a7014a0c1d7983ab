/** A small change that makes one place of the code wrong. */
export interface CodeBreak {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly kind: BreakKind;
  /** First line that it changes, from 1. */
  readonly line: number;
  /** Range of characters in the file's text that {@link after} replaces. */
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
  /** The same from day to day for as long as the code around stays: file, kind, the statement, which of its likes. */
  readonly identity: string;
}

export const breakKinds = ['comparison', 'condition', 'argument', 'await', 'undo', 'negation', 'call'] as const;
export type BreakKind = (typeof breakKinds)[number];
