/** Where a program prints: the standard streams, or what a test hands in. */
export interface ProgramIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Standard error is a terminal: somebody reads along. */
  readonly watched: boolean;
}

export const processIo: ProgramIo = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  watched: process.stderr.isTTY,
};
