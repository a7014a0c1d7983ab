import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { GantryError } from '../../base/index.ts';
import { builtHypervisors, type HypervisorName, NewName, validate } from '../../model/index.ts';
import { tinyHvparams } from '../../node/index.ts';
import { defaultStateDir, usedConfigDir } from '../host-setup/host-files.ts';
import { type InitMark, initMarkFile, readInitMark, removeInitMark, writeInitMark } from '../host-setup/init-mark.ts';
import { type ClusterState, makeClusterState } from '../host-setup/make-cluster-state.ts';
import { ownAddress } from '../host-setup/own-address.ts';
import { checkMasterHost, setUpMasterHost } from '../host-setup/set-up-master-host.ts';
import { outliveReader } from '../output/outlive-reader.ts';
import { type DaemonOptions, daemonOptions, type HostCommand } from './daemon-options.ts';
import { masterPaths } from './master-files.ts';

export const hostCommand = {
  name: 'cluster init',
  summary: 'Creates a new cluster with this host as its first node',
  details: `
It creates the CA, the state store and the user admin, writes the files of the daemons into
/etc/gantry, and starts the daemons. An interrupted run is finished by the same command.
With another --state-dir it only creates the state there, unless --config-dir is given.
See docs/install.md.`,
  word: 'name',
  options: {
    name: { value: 'NAME', help: 'name of the cluster', required: true },
    'node-name': { value: 'NAME', help: 'name of this node, the first one; default: the name of the host' },
    address: { value: 'ADDRESS', help: 'IPv4 address of this node; default: the one that its name stands for, or its only one' },
    'dry-run': { help: 'only check this host, and show what would be done', flag: true },
    'no-start': { help: 'do not start the daemons', flag: true },
    'password-file': { value: 'FILE', help: 'file with the password of the user admin; default: a random one is created' },
    store: { help: 'state store: sqlite:/path or etcd://host:port/prefix; default: SQLite in the state directory' },
    'state-dir': { value: 'FOLDER', help: 'where master/ and node/ keep their state', default: defaultStateDir },
    'config-dir': { value: 'FOLDER', help: 'where the files of the daemons are written; default: /etc/gantry' },
    'api-port': { help: 'TCP port of the REST API', default: '5080' },
    'agent-port': { help: 'TCP port of the node agents', default: '1811' },
    'monitor-port': { help: 'TCP port of the monitoring agent', default: '1815' },
    'api-address': { value: 'ADDRESS', help: 'another address or name of the REST API; repeat for more', many: true },
    'file-storage-dir': { value: 'FOLDER', help: 'folder for disks of template file', default: '/srv/gantry/file-storage' },
    'shared-file-storage-dir': {
      value: 'FOLDER',
      help: 'folder for disks of template sharedfile, the same on all nodes',
      default: '/srv/gantry/shared-file-storage',
    },
    'tiny-dir': { value: 'FOLDER', help: 'folder with kernel and initrd of the tiny OS, the same on all nodes' },
    hypervisors: { help: 'enabled hypervisors, separated by commas', default: 'kvm' },
    'mac-prefix': { help: 'first half of the MAC addresses of instances', default: 'aa:00:00' },
    'console-ports': { help: 'range of TCP ports for VNC consoles', default: '11000-14999' },
    user: { value: 'NAME', help: 'system user of the master; its files will belong to it', default: 'gantry' },
  },
  examples: [
    'gantry cluster init prod',
    'gantry cluster init prod --address 192.0.2.1 --dry-run',
    'gantry cluster init prod --store etcd://etcd1.example.org:2379/prod',
  ],
} as const satisfies HostCommand;

type InitOptions = DaemonOptions<typeof hostCommand>;

/** `gantry cluster init`: CA, certificates, users file, first configuration, daemons; refuses where a cluster is. */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions(hostCommand, args);
  if (!options) return 0;
  const stateDir = resolve(options['state-dir']);
  const wanted = await wantedState(options, stateDir);
  const mark = await readInitMark(stateDir);
  const complete = await exists(masterPaths(join(stateDir, 'master')).ca);
  if (complete && !mark) throw new GantryError('CLUSTER_EXISTS', { place: stateDir });
  if (complete && mark?.name !== wanted.clusterName) {
    const facts = { name: mark?.name ?? '', file: initMarkFile(stateDir), folder: stateDir };
    throw new GantryError('HOST_INIT_UNFINISHED', facts);
  }
  const configDir = usedConfigDir(options);
  const host = configDir === undefined ? undefined : { configDir, options, state: wanted };
  if (host) await checkMasterHost(host, complete);
  if (options['dry-run']) return rehearsed(wanted, configDir);
  outliveReader();
  if (!complete) await makeState(wanted, mark);
  else say(`The state of cluster ${wanted.clusterName} is complete in ${stateDir}; an interrupted run is finished.`);
  if (host) await setUpMasterHost(host, say);
  await removeInitMark(stateDir);
  if (!host) say(`Cluster ${options.name} is initialised in ${stateDir}.`);
  return 0;
}

async function makeState(wanted: ClusterState, mark: InitMark | undefined): Promise<void> {
  await writeInitMark(wanted.stateDir, { name: wanted.clusterName, uuids: [...wanted.uuids, ...(mark?.uuids ?? [])] });
  try {
    await makeClusterState(wanted, mark);
  } catch (error) {
    // What belongs to another cluster must not look like the rest of this attempt.
    if (!mark && error instanceof GantryError && error.code === 'CLUSTER_EXISTS') await removeInitMark(wanted.stateDir);
    throw error;
  }
}

/** @throws INPUT_INVALID, HOST_ADDRESS_UNKNOWN */
async function wantedState(options: InitOptions, stateDir: string): Promise<ClusterState> {
  const nodeName = options['node-name'] ?? hostname();
  validate(NewName, options.name, 'gantry cluster init: --name');
  validate(NewName, nodeName, 'gantry cluster init: --node-name');
  const enabledHypervisors = hypervisorsIn(options.hypervisors);
  const tiny = options['tiny-dir'];
  return {
    stateDir,
    clusterName: options.name,
    nodeName,
    enabledHypervisors,
    portRange: portRange(options['console-ports']),
    agentPort: port('--agent-port', options['agent-port']),
    fileStorageDir: resolve(options['file-storage-dir']),
    sharedFileStorageDir: resolve(options['shared-file-storage-dir']),
    macPrefix: options['mac-prefix'],
    osHvp: tiny ? { tiny: { kvm: tinyHvparams(resolve(tiny)) } } : {},
    apiAddresses: options['api-address'],
    store: options.store ?? `sqlite:${masterPaths(join(stateDir, 'master')).store}`,
    user: options.user,
    uuids: [randomUUID(), randomUUID(), randomUUID()],
    address: options.address ?? (await ownAddress(nodeName)),
  };
}

function rehearsed(wanted: ClusterState, configDir: string | undefined): number {
  say(`This host can be the first node of cluster ${wanted.clusterName}:`);
  say(`  node ${wanted.nodeName}, address ${wanted.address}`);
  say(`  state in ${wanted.stateDir}, store ${wanted.store}`);
  if (configDir !== undefined) say(`  files of the daemons in ${configDir}`);
  say('Nothing was changed.');
  return 0;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function hypervisorsIn(text: string): HypervisorName[] {
  return text.split(',').map((name) => {
    const known = builtHypervisors.find((hypervisor) => hypervisor === name.trim());
    if (!known) throw invalid('--hypervisors', `"${name}" is none of ${builtHypervisors.join(', ')}`);
    return known;
  });
}

function portRange(text: string): [number, number] {
  const [first = Number.NaN, last = Number.NaN] = text.split('-').map(Number);
  if (!(first >= 5900 && first <= last && last <= 65535)) throw invalid('--console-ports', `"${text}" is not a range such as 11000-14999`);
  return [first, last];
}

/** @throws INPUT_INVALID */
function port(field: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 65535) return number;
  throw invalid(field, `"${text}" is not a TCP port`);
}

const invalid = (field: string, problem: string) => new GantryError('INPUT_INVALID', { subject: 'gantry cluster init', field, problem });

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
