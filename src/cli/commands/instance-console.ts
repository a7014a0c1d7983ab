import { type Command, defineOption, textOption } from '../command/command.ts';
import { usage } from '../command/parse-command-line.ts';
import { exitCodes } from '../exit-codes.ts';

export const command: Command = {
  path: ['instance', 'console'],
  summary: 'Connect to the serial console of an instance',
  details: 'Ctrl-] leaves it. Without a terminal, standard input is sent and the output printed until the console is silent.',
  args: [{ name: 'instance', help: 'instance', complete: 'instance' }],
  options: [defineOption('--linger <seconds>', 'without a terminal: silence after the end of the input until it leaves; default 2')],
  examples: ['gantry instance console web1', "echo 'uname -a' | gantry instance console web1"],
  run: async ({ args, options, client }) => {
    const linger = Number(textOption(options, 'linger') ?? '2');
    if (!(linger >= 0 && linger <= 3600)) throw usage('instance console', '--linger is a number of seconds, at most 3600.');
    const { openConsole } = await import('../console/open-console.ts');
    const { attachTerminal } = await import('../console/attach-terminal.ts');
    const instance = args[0] ?? '';
    const stream = await openConsole(client().http.config, instance);
    await attachTerminal(
      stream,
      { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
      { instance, lingerMs: linger * 1000 },
    );
    return exitCodes.ok;
  },
};
