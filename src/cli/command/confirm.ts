import { createInterface } from 'node:readline/promises';
import { GantryError } from '../../base/index.ts';

/**
 * Asks on the terminal for a yes; anything else than `y` or `yes` is a no.
 * @param mayAsk false when a program reads what is printed
 * @throws CLI_NOT_CONFIRMED after a no, CLI_CONFIRMATION_NEEDED without a terminal to ask on
 */
export async function confirm(question: string, mayAsk: boolean): Promise<void> {
  if (!mayAsk || !process.stdin.isTTY || !process.stderr.isTTY) throw new GantryError('CLI_CONFIRMATION_NEEDED', { question });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new GantryError('CLI_NOT_CONFIRMED');
  } finally {
    terminal.close();
  }
}
