import { join } from 'node:path';
import { nodeFileNames } from '../../model/index.ts';
import { type Daemon, startDaemon } from './daemon-process.ts';
import { agentPort, type LocalCluster, type LocalNode, monitorName, monitorPort } from './local-cluster.ts';
import { openRestSocket } from './rest-socket.ts';
import { masterAccount } from './system-account.ts';

const apiPort = 5080;

export const agentName = ({ name }: Pick<LocalNode, 'name'>): string => `agent-${name}`;

export const asOptions = (options: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);

/** Starts one of the daemons of a cluster. @param name of its process file @throws LOCAL_STEP_FAILED, LOCAL_PORT_TAKEN */
export async function startLocalDaemon(cluster: LocalCluster, name: string): Promise<void> {
  if (name === 'master') return startMaster(cluster);
  const daemon = cluster.members
    .flatMap((member) => [agentDaemon(cluster, member), monitorDaemon(member)])
    .find((one) => one.name === name);
  if (daemon) await startDaemon(cluster.paths.runDir, cluster.paths.logDir, daemon);
}

/** The node on which a daemon runs. */
export function nodeOf(cluster: LocalCluster, daemon: string): LocalNode | undefined {
  if (daemon === 'master') return cluster.members[0];
  return cluster.members.find((member) => [agentName(member), monitorName(member)].includes(daemon));
}

/** The master runs on the first node, but its REST API also listens on the loopback of the host, by an inherited socket. */
async function startMaster({ port, members, paths }: LocalCluster): Promise<void> {
  const first = members[0] as LocalNode;
  const socket = await openRestSocket(port);
  try {
    const options = {
      'state-dir': join(first.paths.stateDir, 'master'),
      name: first.name,
      listen: `${first.address}:${apiPort}`,
      'listen-fd': 3,
      'join-address': `${first.address}:${apiPort}`,
      user: masterAccount,
      'poll-interval': 2,
    };
    const args = ['master', ...asOptions(options)];
    await startDaemon(paths.runDir, paths.logDir, { name: 'master', namespace: first.paths.namespace, args, inherit: [socket.fd] });
  } finally {
    await socket.close();
  }
}

function agentDaemon({ paths: { sharedFileStorage }, uidBase }: LocalCluster, member: LocalNode): Daemon {
  const { paths } = member;
  const options = {
    name: member.name,
    listen: `${member.address}:${agentPort}`,
    'state-dir': join(paths.stateDir, 'node'),
    'run-dir': paths.runDir,
    'log-dir': paths.logDir,
    'file-storage-dir': paths.fileStorage,
    'shared-file-storage-dir': sharedFileStorage,
    'uid-base': uidBase,
  };
  return { name: agentName(member), namespace: paths.namespace, args: ['agent', ...asOptions(options)] };
}

function monitorDaemon(member: LocalNode): Daemon {
  const state = join(member.paths.stateDir, 'node');
  const options = {
    listen: `${member.address}:${monitorPort}`,
    certificates: state,
    config: join(state, nodeFileNames.monitorSettings),
    'run-dir': member.paths.runDir,
  };
  return { name: monitorName(member), namespace: member.paths.namespace, args: ['monitor', ...asOptions(options)] };
}
