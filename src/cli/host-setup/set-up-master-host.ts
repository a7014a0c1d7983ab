import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError, writeFileAtomic } from '../../base/index.ts';
import { lookUpUser } from '../../host/index.ts';
import { writeSystemContext } from '../connect/contexts.ts';
import { masterPaths } from '../daemon/master-files.ts';
import { ensureCredentials } from '../local/local-credentials.ts';
import { checkHost, plannedPort } from './check-host.ts';
import { hostFiles, writeMasterFile, writeNodeFiles } from './host-files.ts';
import type { ClusterState } from './make-cluster-state.ts';
import { requireOwnAddress } from './own-address.ts';
import { startDaemons } from './start-daemons.ts';

/** As the command line has them. */
export interface MasterHostOptions {
  readonly 'password-file': string | undefined;
  readonly 'api-port': string;
  readonly 'agent-port': string;
  readonly 'monitor-port': string;
  /** Unless it is the one in the state directory. */
  readonly store: string | undefined;
  readonly 'no-start': boolean;
}

export interface MasterHost {
  readonly configDir: string;
  readonly options: MasterHostOptions;
  readonly state: ClusterState;
}

/**
 * Whether this host can be the first node. Nothing is changed.
 * @param resumed the daemons may run already
 * @throws DAEMON_USER_UNKNOWN, INPUT_INVALID, HOST_ADDRESS_FOREIGN, and what `checkHost` throws
 */
export async function checkMasterHost({ configDir, options, state }: MasterHost, resumed: boolean): Promise<void> {
  const { address, stateDir, fileStorageDir, sharedFileStorageDir } = state;
  await lookUpUser(state.user);
  await givenPassword(options['password-file']);
  requireOwnAddress(address);
  await checkHost({
    command: 'cluster init',
    folders: [stateDir, configDir, fileStorageDir, sharedFileStorageDir],
    ports: resumed
      ? []
      : [
          ...new Set([address, '127.0.0.1']).values().map((host) => plannedPort('REST API', host, options['api-port'], '--api-port')),
          plannedPort('node agent', address, options['agent-port'], '--agent-port'),
          plannedPort('monitoring agent', address, options['monitor-port'], '--monitor-port'),
        ],
  });
}

/** Everything of a host besides its state; each part may be there already. @throws HOST_UNIT_FAILED */
export async function setUpMasterHost({ configDir, options, state }: MasterHost, say: (line: string) => void): Promise<void> {
  const { clusterName, nodeName, address, stateDir } = state;
  const master = masterPaths(join(stateDir, 'master'));
  const files = hostFiles(configDir);
  const user = { name: state.user, gid: (await lookUpUser(state.user)).gid };
  await writeMasterFile(configDir, {
    nodeName,
    address,
    apiPort: options['api-port'],
    stateDir: join(stateDir, 'master'),
    store: options.store,
    user,
  });
  await writeNodeFiles(configDir, {
    ...{ nodeName, address, stateDir: join(stateDir, 'node') },
    ...{ fileStorageDir: state.fileStorageDir, sharedFileStorageDir: state.sharedFileStorageDir },
    ...{ agentPort: options['agent-port'], monitorPort: options['monitor-port'] },
  });
  const password = await givenPassword(options['password-file']);
  if (password !== undefined) await writeFileAtomic(files.credentials, `admin ${password}\n`, 0o600);
  await ensureCredentials(files.credentials, master.users);
  await writeFileAtomic(files.ca, await readFile(master.ca));
  const url = `https://${address}:${options['api-port']}`;
  await writeSystemContext(files.clusters, clusterName, { rapi_url: url, ca_file: files.ca, credentials_file: files.credentials });
  say(`Cluster ${clusterName} is initialised; its first node is ${nodeName}, ${address}.`);
  say(`The user is admin; the password is in ${files.credentials}, which only root can read.`);
  await startDaemons(configDir, options['no-start'], ['agent', 'master', 'monitor'], say);
  say(`REST API: ${url} (CA: ${files.ca})`);
  say('Add nodes with "gantry node add NAME", and check the cluster with "gantry cluster verify".');
}

/** @throws INPUT_INVALID */
async function givenPassword(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const invalid = (problem: string) =>
    new GantryError('INPUT_INVALID', { subject: 'gantry cluster init', field: '--password-file', problem });
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw invalid(error.message);
  });
  const password = text.trim();
  if (!/^[\x21-\x7e]{12,200}$/.test(password)) throw invalid('a password has 12 to 200 letters, digits or signs, and no spaces');
  return password;
}
