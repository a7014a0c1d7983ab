import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { GantryError, systemClock, writeFileAtomic } from '../../base/index.ts';
import { agentPaths, joinCluster } from '../../node/index.ts';
import { certificateIdentity } from '../../rpc/index.ts';
import { checkHost, plannedPort } from '../host-setup/check-host.ts';
import { defaultStateDir, usedConfigDir, writeNodeFiles } from '../host-setup/host-files.ts';
import { makeFolder } from '../host-setup/make-folder.ts';
import { ownAddress, requireOwnAddress } from '../host-setup/own-address.ts';
import { startDaemons } from '../host-setup/start-daemons.ts';
import { outliveReader } from '../output/outlive-reader.ts';
import { type DaemonOptions, daemonOptions, type HostCommand } from './daemon-options.ts';

export const hostCommand = {
  name: 'node join',
  summary: 'Lets this host join a cluster, with a token from "gantry node add"',
  details: `
It writes the files of the daemons into /etc/gantry and starts the daemons. With another
--state-dir it only joins, unless --config-dir is given. See docs/install.md.`,
  options: {
    'token-file': { value: 'FILE', help: 'file with the token, or - for standard input', default: '-' },
    'state-dir': { value: 'FOLDER', help: 'where the agent keeps its certificates', default: `${defaultStateDir}/node` },
    'config-dir': { value: 'FOLDER', help: 'where the files of the daemons are written; default: /etc/gantry' },
    address: { value: 'ADDRESS', help: 'IPv4 address of this node; default: the one that its name stands for, or its only one' },
    'secondary-address': { value: 'ADDRESS', help: 'IPv4 address for replication and migration; default: the same' },
    'agent-port': { help: 'TCP port of the agent', default: '1811' },
    'monitor-port': { help: 'TCP port of the monitoring agent', default: '1815' },
    'file-storage-dir': { value: 'FOLDER', help: 'folder for disks of template file', default: '/srv/gantry/file-storage' },
    'shared-file-storage-dir': {
      value: 'FOLDER',
      help: 'folder for disks of template sharedfile, the same on all nodes',
      default: '/srv/gantry/shared-file-storage',
    },
    'no-start': { help: 'do not start the daemons', flag: true },
  },
} as const satisfies HostCommand;

type JoinOptions = DaemonOptions<typeof hostCommand>;

/** `gantry node join`: makes a key, gets its certificate with a one-time token, registers this node, starts its daemons. */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions(hostCommand, args);
  if (!options) return 0;
  const stateDir = resolve(options['state-dir']);
  const address = options.address ?? (await ownAddress(hostname()));
  const configDir = usedConfigDir({ 'config-dir': options['config-dir'], 'state-dir': dirname(stateDir) });
  if (configDir !== undefined) return joinHost(options, configDir, stateDir, address);
  const name = await join(options, stateDir, address);
  say(`Node ${name} has joined the cluster. Start its agent: gantry agent --name ${name} --listen ${address}:${options['agent-port']}`);
  return 0;
}

/** @returns the name of the node */
async function join(options: JoinOptions, stateDir: string, address: string): Promise<string> {
  const joined = await joinCluster({
    token: (await readToken(options['token-file'])).trim(),
    stateDir,
    primaryIp: address,
    secondaryIp: options['secondary-address'] ?? address,
    agentPort: Number(options['agent-port']),
    clock: systemClock,
  });
  return joined.name;
}

/** Joins, and sets up the daemons. What an interrupted run has done is not repeated: its token is used up. */
async function joinHost(options: JoinOptions, configDir: string, stateDir: string, address: string): Promise<number> {
  const mark = `${stateDir}.join-unfinished`;
  const certificate = agentPaths({ stateDir, runDir: stateDir }).certificate;
  const interrupted = existsSync(mark) && existsSync(certificate);
  await check(options, configDir, stateDir, address, interrupted);
  outliveReader();
  await makeFolder(dirname(stateDir), 0o755);
  await writeFileAtomic(mark, '');
  const name = interrupted
    ? certificateIdentity(new X509Certificate(await readFile(certificate))).name
    : await join(options, stateDir, address).catch(async (error: unknown) => {
        if (existsSync(certificate)) await rm(mark, { force: true });
        throw error;
      });
  say(`Node ${name} has joined the cluster.`);
  await writeNodeFiles(configDir, {
    ...{ nodeName: name, address, stateDir, agentPort: options['agent-port'], monitorPort: options['monitor-port'] },
    ...{ fileStorageDir: resolve(options['file-storage-dir']), sharedFileStorageDir: resolve(options['shared-file-storage-dir']) },
  });
  await startDaemons(configDir, options['no-start'], ['agent', 'monitor'], say);
  await rm(mark, { force: true });
  return 0;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** @throws INPUT_INVALID */
function readToken(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new GantryError(
      'INPUT_INVALID',
      { subject: 'gantry node join', field: '--token-file', problem: error.message },
      { cause: error },
    );
  });
}

async function check(options: JoinOptions, configDir: string, stateDir: string, address: string, interrupted: boolean): Promise<void> {
  requireOwnAddress(address);
  await checkHost({
    command: 'node join',
    folders: [stateDir, configDir, resolve(options['file-storage-dir']), resolve(options['shared-file-storage-dir'])],
    ports: interrupted
      ? []
      : [
          plannedPort('node agent', address, options['agent-port'], '--agent-port'),
          plannedPort('monitoring agent', address, options['monitor-port'], '--monitor-port'),
        ],
  });
}
