import { join } from 'node:path';
import { paint } from '../output/print.ts';
import { daemonLog, findDaemon } from './daemon-process.ts';
import { restUrl } from './local-client.ts';
import { type LocalCluster, monitorName, monitorPort, prefixLength } from './local-cluster.ts';
import { instanceBridge } from './local-network.ts';

/** What `gantry up --output json` prints. */
export interface LocalSummary {
  readonly name: string;
  readonly rapi_url: string;
  readonly ca_file: string;
  readonly credentials_file: string;
  readonly state_dir: string;
  readonly log_dir: string;
  /** Instances run under user ids from here on. */
  readonly uid_base: number;
  readonly master: { readonly node: string; readonly pid: number | null; readonly log_file: string };
  readonly nodes: readonly {
    readonly name: string;
    readonly address: string;
    readonly namespace: string;
    readonly bridge: string;
    /** Of the bridge, with the length of its prefix. */
    readonly bridge_address: string;
    readonly state_dir: string;
    readonly run_dir: string;
    readonly pid: number | null;
    readonly log_file: string;
    /** Of its monitoring agent, from inside of its namespace. */
    readonly monitor_url: string;
    readonly monitor_pid: number | null;
  }[];
}

/** A running cluster, as data. */
export async function localSummary(cluster: LocalCluster): Promise<LocalSummary> {
  const { paths, members } = cluster;
  const pid = async (name: string) => (await findDaemon(paths.runDir, name))?.pid ?? null;
  const nodes = members.map(async ({ name, address, bridgeAddress, paths: node }) => ({
    name,
    address,
    namespace: node.namespace,
    bridge: instanceBridge,
    bridge_address: `${bridgeAddress}/${prefixLength}`,
    state_dir: node.stateDir,
    run_dir: node.runDir,
    pid: await pid(`agent-${name}`),
    log_file: daemonLog(paths.logDir, `agent-${name}`),
    monitor_url: `https://${address}:${monitorPort}`,
    monitor_pid: await pid(monitorName({ name })),
  }));
  return {
    name: cluster.name,
    rapi_url: restUrl(cluster),
    ca_file: paths.ca,
    credentials_file: paths.credentials,
    state_dir: paths.stateDir,
    log_dir: paths.logDir,
    uid_base: cluster.uidBase,
    master: { node: members[0]?.name ?? '', pid: await pid('master'), log_file: daemonLog(paths.logDir, 'master') },
    nodes: await Promise.all(nodes),
  };
}

/** The same for people, with what to try next. @param instances names of those that exist */
export function summaryLines(summary: LocalSummary, instances: readonly string[] = []): string[] {
  let number = 1;
  while (instances.includes(`web${number}`)) number++;
  const next = `web${number}`;
  const bold = (text: string) => paint('bold', text);
  const gantry = gantryCommand();
  return [
    '',
    `Cluster ${bold(summary.name)} is running with ${summary.nodes.length} nodes.`,
    '',
    `  REST API      ${summary.rapi_url}`,
    `  CA            ${summary.ca_file}`,
    `  credentials   ${summary.credentials_file}`,
    `  logs          ${summary.log_dir}`,
    '',
    'Try next:',
    `  ${bold(`${gantry} instance add ${next} --os tiny --disk 64M --memory 128M`)}`,
    `  ${bold(`${gantry} instance console ${instances[0] ?? next}`)}`,
    `  ${bold(`${gantry} node list`)}`,
  ];
}

/** How the user can call it from where he is. */
function gantryCommand(): string {
  const root = join(import.meta.dirname, '../../..');
  return process.cwd() === root ? './gantry' : join(root, 'gantry');
}
