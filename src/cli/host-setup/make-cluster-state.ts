import { chown, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError, systemClock, writeFileAtomic } from '../../base/index.ts';
import { type InitialCluster, writeInitialConfig } from '../../cluster/index.ts';
import { isRoot, lookUpUser } from '../../host/index.ts';
import { keys } from '../../model/index.ts';
import { agentPaths } from '../../node/index.ts';
import { type Authority, createAuthority, createCertificate, createRevocationList } from '../../rpc/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import { masterPaths } from '../daemon/master-files.ts';
import { openSecretBox } from '../daemon/open-secret-box.ts';
import type { InitMark } from './init-mark.ts';

export interface ClusterState extends Omit<InitialCluster, 'certificateFingerprint'> {
  readonly stateDir: string;
  /** URL. */
  readonly store: string;
  /** Of the REST API, other than those of this node. */
  readonly apiAddresses: readonly string[];
  /** To whom the files of the master belong. */
  readonly user: string;
  readonly uuids: readonly string[];
}

/**
 * Makes the CA, the certificates, the users file and the first configuration. The certificate of the CA is written last:
 * its presence says that the rest is complete.
 * @param interrupted what an earlier attempt noted; what it left is replaced
 * @throws CLUSTER_EXISTS, DAEMON_USER_UNKNOWN, and what the store throws
 */
export async function makeClusterState(state: ClusterState, interrupted: InitMark | undefined): Promise<void> {
  const { stateDir } = state;
  const master = masterPaths(join(stateDir, 'master'));
  if (interrupted) for (const part of ['master', 'node']) await rm(join(stateDir, part), { recursive: true, force: true });
  for (const part of ['master', 'node']) await mkdir(join(stateDir, part), { recursive: true, mode: 0o700 });
  const authority = await createAuthority(state.clusterName);
  const certificateFingerprint = await writeNodeFiles(authority, join(stateDir, 'node'), state.nodeName, state.address);
  const store = await openStore(state.store);
  const uuids = [...state.uuids];
  try {
    if (interrupted) await removeOwn(store, interrupted);
    const written = await writeInitialConfig(store, systemClock, () => uuids.shift() as string, { ...state, certificateFingerprint });
    if (!written) throw new GantryError('CLUSTER_EXISTS', { place: state.store });
    await openSecretBox(master.secretKeys, store);
  } finally {
    await store.close();
  }
  await writeMasterFiles(authority, master, ['127.0.0.1', 'localhost', state.address, state.nodeName, ...state.apiAddresses]);
  await giveTo(state.user, join(stateDir, 'master'));
}

/** A store outside the state directory keeps what the interrupted attempt wrote; no master has ever used it. */
async function removeOwn(store: Store, { uuids }: InitMark): Promise<void> {
  const cluster = await store.get(keys.cluster);
  if (!cluster || !uuids.includes((JSON.parse(cluster.value) as { uuid: string }).uuid)) return;
  const { entries } = await store.range('/');
  await store.transact({
    compares: [{ key: keys.cluster, modRevision: cluster.modRevision }],
    writes: entries.map(({ key }) => ({ type: 'delete', key })),
  });
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
  if (!isRoot()) return;
  const { uid, gid } = await lookUpUser(user);
  await chown(dir, uid, gid);
  for (const name of await readdir(dir)) await chown(join(dir, name), uid, gid);
}
