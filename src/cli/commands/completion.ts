import { basename } from 'node:path';
import type { Command } from '../command/command.ts';
import { printScript } from '../completion/print-script.ts';
import { exitCodes } from '../exit-codes.ts';

export const command: Command = {
  path: ['completion'],
  local: true,
  summary: 'Print the completion script for a shell',
  args: [{ name: 'shell', help: 'shell', choices: ['bash', 'zsh'], optional: true }],
  examples: ['source <(gantry completion bash)', 'gantry completion zsh > ~/.zfunc/_gantry'],
  run: async ({ args }) => {
    const shell = args[0] ?? (basename(process.env['SHELL'] ?? '') === 'zsh' ? 'zsh' : 'bash');
    printScript(shell);
    return exitCodes.ok;
  },
};
