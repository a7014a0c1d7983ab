import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../base/index.ts';
import { joinCluster } from '../../node/index.ts';
import { daemonOptions, type HostCommand } from './daemon-options.ts';

export const hostCommand = {
  name: 'node join',
  summary: 'Lets this host join a cluster, with a token from "gantry node add"',
  options: {
    'token-file': { value: 'FILE', help: 'file with the token, or - for standard input', default: '-' },
    'state-dir': { value: 'FOLDER', help: 'where the agent keeps its certificates', default: '/var/lib/gantry/node' },
    address: { value: 'ADDRESS', help: 'IPv4 address of this node', required: true },
    'secondary-address': { value: 'ADDRESS', help: 'IPv4 address for replication and migration; default: the same' },
    'agent-port': { help: 'TCP port of the agent', default: '1811' },
  },
} as const satisfies HostCommand;

/** `gantry node join`: makes a key, gets its certificate with a one-time token, registers this node. */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions(hostCommand, args);
  if (!options) return 0;
  const file = options['token-file'];
  const token = (file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')).trim();
  const joined = await joinCluster({
    token,
    stateDir: options['state-dir'],
    primaryIp: options.address,
    secondaryIp: options['secondary-address'] ?? options.address,
    agentPort: Number(options['agent-port']),
    clock: systemClock,
  });
  process.stdout.write(
    `Node ${joined.name} has joined the cluster. Start its agent: gantry agent --name ${joined.name} --listen ${options.address}:${options['agent-port']}\n`,
  );
  return 0;
}
