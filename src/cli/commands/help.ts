import type { Command } from '../command/command.ts';
import { findCommand } from '../command/find-command.ts';
import { exitCodes } from '../exit-codes.ts';
import { printCommandHelp, printTopicHelp } from '../output/print-help.ts';

export const command: Command = {
  path: ['help'],
  local: true,
  summary: 'Show help on a command',
  args: [{ name: 'command', help: 'words of the command', optional: true, variadic: true }],
  examples: ['gantry help instance', 'gantry help instance add'],
  run: async ({ args }) => {
    const found = await findCommand(args);
    if (found.kind === 'command') printCommandHelp(found.command);
    else if (found.kind === 'topic') await printTopicHelp(found.path);
    else return (await found.program.loadProgram()).run(['--help']);
    return exitCodes.ok;
  },
};
