import { dataOf } from '../src/cli/opcodes/opcode-data.ts';
import { opcodeCatalogue } from '../src/model/index.ts';

const opcodeCommands = (): string => `${JSON.stringify([...opcodeCatalogue.values()].flatMap(dataOf), undefined, 1)}\n`;

/** What the command line reads instead of the catalogue. */
export const generatedData: Readonly<Record<string, () => string>> = {
  'src/cli/opcodes/opcode-commands.json': opcodeCommands,
};
