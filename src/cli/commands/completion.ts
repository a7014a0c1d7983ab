import { basename } from 'node:path';
import type { Command } from '../command/command.ts';
import { bashScript } from '../completion/bash-script.ts';
import { completionTable } from '../completion/completion-table.ts';
import { zshScript } from '../completion/zsh-script.ts';
import { exitCodes } from '../exit-codes.ts';

export const command: Command = {
  path: ['completion'],
  summary: 'Print the completion script for a shell',
  args: [{ name: 'shell', help: 'shell', choices: ['bash', 'zsh'], optional: true }],
  examples: ['source <(gantry completion bash)', 'gantry completion zsh > ~/.zfunc/_gantry'],
  run: async ({ args }) => {
    const shell = args[0] ?? (basename(process.env['SHELL'] ?? '') === 'zsh' ? 'zsh' : 'bash');
    const table = await completionTable();
    process.stdout.write(shell === 'zsh' ? zshScript(table) : bashScript(table));
    return exitCodes.ok;
  },
};
