import { access, chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError, run, silentLog, systemClock, writeFileAtomic } from '../../base/index.ts';
import { buildTinyImage } from '../../node/index.ts';
import type { ClusterClient } from '../connect/cluster-client.ts';
import {
  daemonEnvironment,
  daemonLog,
  findDaemon,
  insideNamespace,
  isServing,
  listDaemons,
  startDaemon,
  stepFacts,
} from './daemon-process.ts';
import { ensurePackageLists } from './debian-packages.ts';
import { localClient } from './local-client.ts';
import { agentPort, type LocalCluster, type LocalNode, monitorName, type RunDescription, runDescription } from './local-cluster.ts';
import { ensureCredentials } from './local-credentials.ts';
import { agentName, asOptions, startLocalDaemon } from './local-daemons.ts';
import { makeNetwork, networkExists } from './local-network.ts';
import { makeLan } from './make-lan.ts';
import type { ProgressSteps } from './progress-steps.ts';
import { startGuests } from './start-guests.ts';
import { supervisorDaemon, supervisorName } from './supervisor.ts';
import { masterAccount } from './system-account.ts';
import { takeDown } from './take-down.ts';
import { untilSettled } from './until-settled.ts';

const readySeconds = 120;
const startSeconds = 180;

export interface Start {
  readonly cluster: LocalCluster;
  readonly steps: ProgressSteps;
  readonly signal: AbortSignal;
  /** Do not ask before something is fetched. */
  readonly yes: boolean;
  /** Keep a supervisor that starts again what dies. */
  readonly supervised: boolean;
}

interface Run extends Start {
  /** Daemons that this run has found alive: they may have been told to end just before, and then are started once. */
  readonly found: Set<string>;
}

/**
 * Starts what does not run of a cluster: all of it the first time, all but the making after `down` or a reboot, and what
 * died in between. Every step finds out by itself whether it has something to do.
 */
export async function startCluster(given: Start): Promise<void> {
  const start: Run = { ...given, found: new Set() };
  const { cluster, steps } = start;
  await makeDirectories(cluster);
  await untilSettled(cluster.paths, steps, start.signal);
  if (!(await networkExists(cluster))) {
    // Half a network is the rest of a start that was killed.
    await takeDown(cluster.paths);
    await makeDirectories(cluster);
    await steps.step(`network: ${cluster.nodes} nodes, each in its own namespace`, () => makeNetwork(cluster));
  }
  await tinyImage(start);
  const first = cluster.members[0] as LocalNode;
  if (!(await exists(masterFile(first, 'ca.crt')))) await steps.step('cluster init', () => initCluster(start, first));
  await copyFile(masterFile(first, 'ca.crt'), cluster.paths.ca);
  await ensureCredentials(cluster.paths.credentials, masterFile(first, 'users'));
  for (const name of await listDaemons(cluster.paths.runDir)) if (await findDaemon(cluster.paths.runDir, name)) start.found.add(name);
  const joined = await Promise.all(cluster.members.map(hasJoined));
  await startAgents(
    start,
    cluster.members.filter((_, index) => joined[index]),
  );
  await startMaster(start);
  const client = await localClient(cluster);
  try {
    await steps.step('master answers', () => untilMasterAnswers(start, client));
    await joinOthers(start, client);
    await steps.step('all nodes answer', (detail) => untilNodesAnswer(start, client, detail));
    await startMonitors(start);
    await startSupervisor(start);
    await makeLan(cluster, steps, client);
    await startGuests(steps, client);
  } finally {
    client.close();
  }
}

async function makeDirectories({ paths, members, slot }: LocalCluster): Promise<void> {
  for (const dir of [paths.stateDir, paths.runDir, paths.logDir, ...members.map(({ paths: node }) => node.logDir)]) {
    await makeDirectory(dir, 0o755);
  }
  // Instances run under users of their own, so they must be able to pass through; what lies there concerns root alone.
  const passed = members.flatMap(({ paths: node }) => [node.stateDir, node.runDir, node.fileStorage]);
  for (const dir of [...passed, paths.sharedFileStorage]) await makeDirectory(dir, 0o711);
  const told: RunDescription = { slot, stateDir: paths.stateDir };
  await writeFileAtomic(runDescription(paths.runDir), `${JSON.stringify(told)}\n`);
}

async function makeDirectory(dir: string, mode: number): Promise<void> {
  await mkdir(dir, { recursive: true, mode });
  // It may be there from an earlier version.
  await chmod(dir, mode);
}

async function tinyImage({ cluster, steps, signal, yes }: Start): Promise<void> {
  const { tinyDir } = cluster.paths;
  if (await exists(join(tinyDir, 'manifest.json'))) {
    await buildTinyImage(tinyDir, { log: silentLog, signal });
    return;
  }
  await steps.step("image of the tiny OS, from Debian's kernel and BusyBox", async () => {
    await ensurePackageLists(`linux-image-cloud-${process.arch === 'arm64' ? 'arm64' : 'amd64'}`, { yes, note: steps.note, signal });
    await buildTinyImage(tinyDir, { log: silentLog, signal });
  });
}

async function initCluster({ cluster, signal }: Start, first: LocalNode): Promise<void> {
  // The CA is written last; without it the rest is a torso.
  for (const part of ['master', 'node']) await rm(join(first.paths.stateDir, part), { recursive: true, force: true });
  const { paths } = cluster;
  const options = {
    name: cluster.name,
    'state-dir': first.paths.stateDir,
    'node-name': first.name,
    address: first.address,
    'agent-port': agentPort,
    'file-storage-dir': first.paths.fileStorage,
    'shared-file-storage-dir': paths.sharedFileStorage,
    'tiny-dir': paths.tinyDir,
    user: masterAccount,
  };
  const [program, args] = insideNamespace(first.paths.namespace, ['cluster', 'init', ...asOptions(options)]);
  await run(program, args, { env: daemonEnvironment(), signal, timeoutMs: startSeconds * 1000 });
}

const masterFile = (first: LocalNode, name: string): string => join(first.paths.stateDir, 'master', name);
const hasJoined = (member: LocalNode): Promise<boolean> => exists(join(member.paths.stateDir, 'node', 'node.crt'));

async function startAgents({ cluster, steps }: Start, members: readonly LocalNode[]): Promise<void> {
  const { runDir } = cluster.paths;
  const alive = await Promise.all(members.map((member) => findDaemon(runDir, agentName(member))));
  const stopped = members.filter((_, index) => !alive[index]);
  if (stopped.length === 0) return;
  await steps.step(`${stopped.length > 1 ? 'agents' : 'agent'} of ${stopped.map(({ name }) => name).join(', ')}`, () =>
    Promise.all(stopped.map((member) => startLocalDaemon(cluster, agentName(member)))),
  );
}

/** Nobody waits for them: they need seconds, and the cluster does not need them. */
async function startMonitors({ cluster, steps }: Start): Promise<void> {
  const { runDir } = cluster.paths;
  const alive = await Promise.all(cluster.members.map((member) => findDaemon(runDir, monitorName(member))));
  const stopped = cluster.members.filter((_, index) => !alive[index]);
  if (stopped.length === 0) return;
  await steps.step(stopped.length > 1 ? `monitors of ${stopped.length} nodes` : 'monitor', () =>
    Promise.all(stopped.map((member) => startLocalDaemon(cluster, monitorName(member)))),
  );
}

async function startMaster({ cluster, steps }: Start): Promise<void> {
  if (await findDaemon(cluster.paths.runDir, 'master')) return;
  await steps.step('master', () => startLocalDaemon(cluster, 'master'));
}

/** Last of all: it starts again what dies from now on. */
async function startSupervisor({ cluster, steps, supervised }: Start): Promise<void> {
  const { paths, name } = cluster;
  if (!supervised || (await findDaemon(paths.runDir, supervisorName))) return;
  await steps.step('supervisor', () => startDaemon(paths.runDir, paths.logDir, supervisorDaemon(name)));
}

async function untilMasterAnswers(start: Run, client: ClusterClient): Promise<void> {
  await until(start, readySeconds, ['master'], 'Starting the master', async () => {
    try {
      await client.info();
      return true;
    } catch (error) {
      if (error instanceof GantryError && ['CLI_CLUSTER_UNREACHABLE', 'TIMED_OUT'].includes(error.code)) return false;
      throw error;
    }
  });
}

async function joinOthers(start: Start, client: ClusterClient): Promise<void> {
  const known = new Set(await client.names('nodes'));
  const missing = start.cluster.members.filter(({ name }) => !known.has(name));
  if (missing.length === 0) return;
  await start.steps.step(`${missing.map(({ name }) => name).join(', ')} join`, () =>
    Promise.all(missing.map((member) => joinNode(start, client, member))),
  );
  await startAgents(start, missing);
}

async function joinNode(start: Start, client: ClusterClient, member: LocalNode): Promise<void> {
  // What an earlier try left is not known to the cluster.
  await rm(join(member.paths.stateDir, 'node'), { recursive: true, force: true });
  const { token } = (await client.http.request('POST', '/2/nodes/join-tokens', {
    body: { node_name: member.name, addresses: [member.address] },
  })) as { token: string };
  const options = {
    'token-file': '-',
    'state-dir': join(member.paths.stateDir, 'node'),
    address: member.address,
    'agent-port': agentPort,
  };
  const [program, args] = insideNamespace(member.paths.namespace, ['node', 'join', ...asOptions(options)]);
  await run(program, args, { env: daemonEnvironment(), input: `${token}\n`, signal: start.signal, timeoutMs: startSeconds * 1000 });
}

async function untilNodesAnswer(start: Run, client: ClusterClient, detail: (text: string) => void): Promise<void> {
  const { members } = start.cluster;
  const daemons = ['master', ...members.map(agentName)];
  const { runDir } = start.cluster.paths;
  await until(start, readySeconds, daemons, 'Waiting for the nodes', async () => {
    // What the master knows of a node may be from before its agent was started.
    const serving = await Promise.all(daemons.map((name) => isServing(runDir, name)));
    if (serving.includes(false)) return false;
    const rows = await client.list('nodes');
    const ready = rows.filter((row) => typeof row['mtotal'] === 'number' || row['offline'] === true).length;
    detail(`${ready} of ${members.length}`);
    return ready >= members.length;
  });
}

/** Asks again and again; fails when one of the daemons that this run has started has ended, or when the time is over. */
async function until(
  { cluster, signal, found }: Run,
  seconds: number,
  daemons: readonly string[],
  step: string,
  done: () => Promise<boolean>,
): Promise<void> {
  const { runDir, logDir } = cluster.paths;
  const deadline = performance.now() + seconds * 1000;
  while (!(await done())) {
    signal.throwIfAborted();
    for (const name of daemons) {
      if (await findDaemon(runDir, name)) continue;
      if (found.delete(name)) {
        await startLocalDaemon(cluster, name);
        continue;
      }
      throw new GantryError('LOCAL_STEP_FAILED', await stepFacts(step, `${name} ended`, daemonLog(logDir, name)));
    }
    if (performance.now() >= deadline) {
      const last = daemons.at(-1) ?? 'master';
      throw new GantryError('LOCAL_STEP_FAILED', await stepFacts(step, `not ready after ${seconds} s`, daemonLog(logDir, last)));
    }
    await systemClock.sleep(150);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
