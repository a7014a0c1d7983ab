import { randomUUID } from 'node:crypto';
import { access, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GantryError, systemClock, writeFileAtomic } from '../../base/index.ts';
import { writeInitialConfig } from '../../cluster/index.ts';
import { lookUpUser } from '../../host/index.ts';
import { builtHypervisors, type HypervisorName, NewName, validate } from '../../model/index.ts';
import { agentPaths, tinyHvparams } from '../../node/index.ts';
import { type Authority, createAuthority, createCertificate, createRevocationList } from '../../rpc/index.ts';
import { openStore } from '../../store/index.ts';
import { daemonOptions, type HostCommand } from './daemon-options.ts';
import { masterPaths } from './master-files.ts';
import { openSecretBox } from './open-secret-box.ts';

export const hostCommand = {
  name: 'cluster init',
  summary: 'Creates a new cluster with this host as its first node',
  options: {
    name: { value: 'NAME', help: 'name of the cluster', required: true },
    'state-dir': { value: 'FOLDER', help: 'where master/ and node/ keep their state', default: '/var/lib/gantry' },
    'node-name': { value: 'NAME', help: 'name of this node, the first one', required: true },
    address: { value: 'ADDRESS', help: 'IPv4 address of this node', required: true },
    'agent-port': { help: 'TCP port of the node agents', default: '1811' },
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
    store: { help: 'state store: sqlite:/path or etcd://host:port/prefix; default: SQLite in the state directory' },
    user: { value: 'NAME', help: 'system user of the master; its files will belong to it', default: 'gantry' },
  },
} as const satisfies HostCommand;

/** `gantry cluster init`: CA, certificates, users file, first configuration; refuses where a cluster is. */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions(hostCommand, args);
  if (!options) return 0;
  const stateDir = resolve(options['state-dir']);
  validate(NewName, options.name, 'gantry cluster init: --name');
  validate(NewName, options['node-name'], 'gantry cluster init: --node-name');
  const master = masterPaths(join(stateDir, 'master'));
  if (await exists(master.ca)) throw new GantryError('CLUSTER_EXISTS', { place: stateDir });
  const enabled = enabledHypervisors(options.hypervisors);
  const ports = portRange(options['console-ports']);
  for (const part of ['master', 'node']) await mkdir(join(stateDir, part), { recursive: true, mode: 0o700 });
  const authority = await createAuthority(options.name);
  const fingerprint = await writeNodeFiles(authority, join(stateDir, 'node'), options['node-name'], options.address);
  const storeUrl = options.store ?? `sqlite:${master.store}`;
  const store = await openStore(storeUrl);
  try {
    const written = await writeInitialConfig(store, systemClock, randomUUID, {
      clusterName: options.name,
      nodeName: options['node-name'],
      address: options.address,
      agentPort: Number(options['agent-port']),
      certificateFingerprint: fingerprint,
      fileStorageDir: resolve(options['file-storage-dir']),
      sharedFileStorageDir: resolve(options['shared-file-storage-dir']),
      macPrefix: options['mac-prefix'],
      enabledHypervisors: enabled,
      osHvp: options['tiny-dir'] ? { tiny: { kvm: tinyHvparams(resolve(options['tiny-dir'])) } } : {},
      portRange: ports,
    });
    if (!written) throw new GantryError('CLUSTER_EXISTS', { place: storeUrl });
    await openSecretBox(master.secretKeys, store);
  } finally {
    await store.close();
  }
  // The CA is written last: its presence says that the rest is complete.
  await writeMasterFiles(authority, master, ['127.0.0.1', 'localhost', options.address, options['node-name'], ...options['api-address']]);
  await giveTo(options.user, join(stateDir, 'master'));
  process.stdout.write(`Cluster ${options.name} is initialised in ${stateDir}.\n`);
  return 0;
}

async function writeNodeFiles(authority: Authority, dir: string, name: string, address: string): Promise<string> {
  const { key, certificate, fingerprint } = await createCertificate(authority, { role: 'node', name, addresses: [address] });
  const paths = agentPaths({ stateDir: dir, runDir: dir });
  await writeFileAtomic(paths.key, key, 0o600);
  await writeFileAtomic(paths.certificate, certificate, 0o600);
  await writeFileAtomic(paths.ca, authority.certificate, 0o600);
  await writeFileAtomic(paths.crl, await createRevocationList(authority, []), 0o600);
  return fingerprint;
}

async function writeMasterFiles(authority: Authority, paths: ReturnType<typeof masterPaths>, addresses: string[]): Promise<void> {
  const master = await createCertificate(authority, { role: 'master', name: 'master', addresses: [] });
  const api = await createCertificate(authority, { role: 'server', name: 'gantry', addresses });
  await writeFileAtomic(paths.key, master.key, 0o600);
  await writeFileAtomic(paths.certificate, master.certificate, 0o600);
  await writeFileAtomic(paths.apiKey, api.key, 0o600);
  await writeFileAtomic(paths.apiCertificate, api.certificate, 0o600);
  await writeFileAtomic(paths.crl, await createRevocationList(authority, []), 0o600);
  await writeFileAtomic(paths.users, '# User, password and rights ("write"), separated by spaces; see docs/rest-api.md\n', 0o600);
  await writeFileAtomic(paths.caKey, authority.key, 0o600);
  await writeFileAtomic(paths.ca, authority.certificate, 0o644);
}

async function giveTo(user: string, dir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await lookUpUser(user);
  const { chown, readdir } = await import('node:fs/promises');
  await chown(dir, uid, gid);
  for (const name of await readdir(dir)) await chown(join(dir, name), uid, gid);
}

function enabledHypervisors(text: string): HypervisorName[] {
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

const invalid = (field: string, problem: string) => new GantryError('INPUT_INVALID', { subject: 'gantry cluster init', field, problem });

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
