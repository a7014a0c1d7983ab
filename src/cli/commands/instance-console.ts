import { systemClock } from '../../base/index.ts';
import { type Command, defineOption, type ParsedOptions, switchOption, textOption } from '../command/command.ts';
import { usage } from '../command/parse-command-line.ts';
import type { ClientConfig } from '../connect/client-config.ts';
import type { ClusterClient } from '../connect/cluster-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { printLine, printNote } from '../output/print.ts';

export const command: Command = {
  path: ['instance', 'console'],
  summary: 'Connect to the serial console of an instance, or to its VNC',
  details:
    'Ctrl-] leaves the serial console. When the instance is migrated live, the console continues on the other node. Without a terminal, standard input is sent and the output printed until the console is silent. With --vnc, a VNC viewer on this machine can connect to the screen of the instance, over your connection to the cluster, until Ctrl-C.',
  args: [{ name: 'instance', help: 'instance', complete: 'instance' }],
  options: [
    defineOption(
      '--linger <seconds>',
      'without a terminal: seconds of silence after the end of the input before the command ends; default 2',
    ),
    defineOption('--vnc', 'serve the VNC of the instance to a viewer on this machine'),
    defineOption('--listen <port|path>', 'with --vnc: port of 127.0.0.1, or path of a unix socket; default a free port'),
  ],
  examples: [
    'gantry instance console web1',
    "echo 'uname -a' | gantry instance console web1",
    'gantry instance console --vnc --listen 5901 web1',
  ],
  run: async ({ args, options, client }) => {
    const instance = args[0] ?? '';
    if (switchOption(options, 'vnc')) {
      if (textOption(options, 'linger') !== undefined) throw usage('instance console', '--linger is for the serial console.');
      return showVnc(client().http.config, instance, options);
    }
    if (textOption(options, 'listen') !== undefined) throw usage('instance console', '--listen requires --vnc.');
    const linger = Number(textOption(options, 'linger') ?? '2');
    if (!(linger >= 0 && linger <= 3600)) throw usage('instance console', '--linger is a number of seconds, at most 3600.');
    await showSerial(client(), instance, linger * 1000);
    return exitCodes.ok;
  },
};

/** Until it is left or the instance stops: after a live migration it goes on with the console on the other node. */
async function showSerial(client: ClusterClient, instance: string, lingerMs: number): Promise<void> {
  const { openConsole } = await import('../console/open-console.ts');
  const { attachTerminal } = await import('../console/attach-terminal.ts');
  const { whereItMoved } = await import('../console/where-it-moved.ts');
  const terminal = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr };
  for (;;) {
    const stream = await openConsole(client.http.config, instance);
    // What was sent of a script can have been lost on the way: only somebody who sees it can go on.
    const asked = process.stdin.isTTY ? nodeOf(client, instance) : undefined;
    if (await attachTerminal(stream, terminal, { instance, lingerMs })) return;
    const from = await asked;
    const to = from === undefined ? undefined : await whereItMoved(client, systemClock, { instance, from });
    if (to === undefined) {
      const reason = 'the instance stopped, or it moved to another node. If it runs, connect again.';
      return printNote(`\nThe console of ${instance} has ended: ${reason}`);
    }
    printNote(`\n${instance} has moved to ${to}.`);
  }
}

/** Undefined when the cluster does not tell. */
const nodeOf = (client: ClusterClient, instance: string): Promise<string | undefined> =>
  client.one('instances', instance).then(
    ({ pnode }) => pnode as string,
    () => undefined,
  );

async function showVnc(config: ClientConfig, instance: string, options: ParsedOptions): Promise<number> {
  const wanted = textOption(options, 'listen') ?? '0';
  const listen = /^\d+$/.test(wanted) ? Number(wanted) : wanted;
  if (listen === '' || (typeof listen === 'number' && listen > 65_535)) {
    throw usage('instance console', '--listen is a port of this machine, or the path of a unix socket.');
  }
  const { openConsole } = await import('../console/open-console.ts');
  const { serveVnc } = await import('../console/serve-vnc.ts');
  const open = () => openConsole(config, instance, 'vnc');
  // What is refused is told before a viewer is started.
  (await open()).destroy();
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  const onListening = (place: string) => {
    printLine(place);
    printNote(`VNC of ${instance} is served at ${place} until Ctrl-C; the address for a viewer is ${viewerAddress(place)}.`);
  };
  await serveVnc({ instance, listen, open, onListening, onNote: printNote, signal: abort.signal });
  return exitCodes.ok;
}

/** How usual viewers write a port that is not counted from 5900. */
const viewerAddress = (place: string): string => place.replace(/^127\.0\.0\.1:/, '127.0.0.1::');
