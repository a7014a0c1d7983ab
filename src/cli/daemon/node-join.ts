import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../base/index.ts';
import { joinCluster } from '../../node/index.ts';
import { daemonOptions, type OptionTable } from './daemon-options.ts';

const table = {
  'token-file': { help: 'file with the token, or - for standard input', default: '-' },
  'state-dir': { help: 'where the agent keeps its certificates', default: '/var/lib/gantry/node' },
  address: { help: 'IPv4 address of this node', required: true },
  'secondary-address': { help: 'IPv4 address for replication and migration; default: the same' },
  'agent-port': { help: 'TCP port of the agent', default: '1811' },
} as const satisfies OptionTable;

/** `gantry node join`: makes a key, gets its certificate with a one-time token, registers this node. */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions('node join', table, args);
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
