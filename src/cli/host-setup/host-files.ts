import { chown, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '../../base/index.ts';
import { nodeFileNames } from '../../model/index.ts';
import { optionsFileText } from '../daemon/options-file.ts';
import { makeFolder } from './make-folder.ts';

export const defaultStateDir = '/var/lib/gantry';
export const defaultConfigDir = '/etc/gantry';

/** Where the files of the daemons go; undefined when only the state is made. */
export function usedConfigDir(options: { readonly 'config-dir': string | undefined; readonly 'state-dir': string }): string | undefined {
  if (options['config-dir'] !== undefined) return resolve(options['config-dir']);
  return resolve(options['state-dir']) === defaultStateDir ? defaultConfigDir : undefined;
}

/** What the units in packaging/systemd read. */
export const hostFiles = (configDir: string) => ({
  master: join(configDir, 'master.conf'),
  agent: join(configDir, 'agent.conf'),
  monitor: join(configDir, 'monitor.conf'),
  /** Tells the command line of the cluster. */
  clusters: join(configDir, 'clusters.json'),
  ca: join(configDir, 'ca.crt'),
  credentials: join(configDir, 'credentials'),
});

export interface NodeSetup {
  readonly nodeName: string;
  readonly address: string;
  readonly agentPort: string;
  readonly monitorPort: string;
  /** Of the agent: certificates and persistent state. */
  readonly stateDir: string;
  readonly fileStorageDir: string;
  readonly sharedFileStorageDir: string;
}

/** Writes what the agent and the monitoring agent of a node are started with, and makes the folders of disks. */
export async function writeNodeFiles(configDir: string, setup: NodeSetup): Promise<void> {
  const { nodeName, address, stateDir, fileStorageDir, sharedFileStorageDir } = setup;
  // Instances run as users of their own, who only pass through.
  for (const folder of [fileStorageDir, sharedFileStorageDir]) await makeFolder(folder, 0o711);
  await makeFolder(configDir, 0o755);
  const files = hostFiles(configDir);
  const agent = {
    name: nodeName,
    listen: `${address}:${setup.agentPort}`,
    'state-dir': stateDir,
    'file-storage-dir': fileStorageDir,
    'shared-file-storage-dir': sharedFileStorageDir,
  };
  const monitor = {
    listen: `${address}:${setup.monitorPort}`,
    certificates: stateDir,
    config: join(stateDir, nodeFileNames.monitorSettings),
  };
  await writeFileAtomic(files.monitor, optionsFileText('monitor', monitor));
  await writeFileAtomic(files.agent, optionsFileText('agent', agent));
}

export interface MasterSetup {
  readonly nodeName: string;
  readonly address: string;
  readonly apiPort: string;
  /** Of the master. */
  readonly stateDir: string;
  /** URL, unless it is the one in the state directory. */
  readonly store: string | undefined;
  readonly user: { readonly name: string; readonly gid: number };
}

/** Writes what the master is started with. Its store may be at an address that not everybody needs to know. */
export async function writeMasterFile(
  configDir: string,
  { nodeName, address, apiPort, stateDir, store, user }: MasterSetup,
): Promise<void> {
  await makeFolder(configDir, 0o755);
  const outside = `${address}:${apiPort}`;
  const options = {
    name: nodeName,
    'state-dir': stateDir,
    listen: [...new Set([outside, `127.0.0.1:${apiPort}`])],
    'join-address': outside,
    store,
    user: user.name,
  };
  const { master } = hostFiles(configDir);
  await writeFileAtomic(master, optionsFileText('master', options), 0o640);
  await chown(master, 0, user.gid);
}

/** Removes what was written for a node. */
export async function removeNodeFiles(configDir: string): Promise<void> {
  const { agent, monitor } = hostFiles(configDir);
  for (const file of [agent, monitor]) await rm(file, { force: true });
}
