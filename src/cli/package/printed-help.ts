import { stripVTControlCharacters } from 'node:util';
import type { ProgramEntry } from '../command/command-index.ts';

/**
 * The help that a program prints, as lines. Starting each in a process of its own takes as long as the rest of a build, so
 * it runs here, while standard output is caught. Only one at a time may be asked.
 */
export async function printedHelp({ loadProgram }: Pick<ProgramEntry, 'loadProgram'>): Promise<string[]> {
  const program = await loadProgram();
  const { write } = process.stdout;
  let text = '';
  process.stdout.write = ((piece: string | Uint8Array) => {
    text += typeof piece === 'string' ? piece : Buffer.from(piece).toString();
    return true;
  }) as typeof write;
  try {
    await program.run(['--help']);
  } finally {
    process.stdout.write = write;
  }
  return stripVTControlCharacters(text).trimEnd().split('\n');
}
