import { readFileSync } from 'node:fs';
import type { Command } from '../command/command.ts';
import { exitCodes } from '../exit-codes.ts';
import { printJson, printLine } from '../output/print.ts';

export const command: Command = {
  path: ['version'],
  local: true,
  summary: 'Show the version of this program',
  run: async ({ output }) => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
    if (output === 'json') printJson({ version, node: process.version });
    else printLine(`gantry ${version}`);
    return exitCodes.ok;
  },
};
