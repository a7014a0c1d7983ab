import { GantryError, version, versionSkew } from '../../base/index.ts';
import { type Command, defineOption, switchOption } from '../command/command.ts';
import type { ClusterClient } from '../connect/cluster-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { paint, printJson, printLine } from '../output/print.ts';
import { renderTable } from '../output/table.ts';

interface ClusterVersions {
  readonly master: { readonly node: string; readonly version: string };
  /** A node that has not reported has no version. */
  readonly agents: readonly { readonly node: string; readonly version: string | null }[];
}

const patienceMs = 5000;

export const command: Command = {
  path: ['version'],
  summary: 'Show the versions of this program, of the master and of all node agents',
  details: 'Without a cluster, or with --client, it shows the version of this program only.',
  options: [defineOption('--client', 'show only the version of this program')],
  examples: ['gantry version', 'gantry version --client --output json'],
  run: async ({ options, output, client }) => {
    const found = switchOption(options, 'client') ? undefined : await clusterVersions(client);
    const problem = found instanceof GantryError ? found : undefined;
    const cluster = found instanceof GantryError ? undefined : found;
    if (output === 'json') {
      const reached = cluster && {
        master: cluster.master,
        agents: cluster.agents.map((agent) => ({ ...agent, skew: skewOf(agent.version, cluster) })),
      };
      printJson({ version, node: process.version, ...reached, ...(problem && { error: problem.toReport() }) });
      return exitCodes.ok;
    }
    printLine(`gantry ${version}`);
    if (cluster) for (const line of table(cluster)) printLine(line);
    if (problem) process.stderr.write(`The cluster could not be asked: ${problem.message}\n`);
    return exitCodes.ok;
  },
};

/** Undefined when no cluster is known here; the reason when the cluster cannot be asked. */
async function clusterVersions(client: () => ClusterClient): Promise<ClusterVersions | GantryError | undefined> {
  try {
    const { http, query } = client();
    const info = (await http.request('GET', '/2/info', { timeoutMs: patienceMs })) as { master: string; software_version: string };
    const rows = await query('nodes', ['name', 'agent_version'], null);
    return {
      master: { node: info.master, version: info.software_version },
      agents: rows.map((row) => ({ node: String(row['name']), version: textOf(row['agent_version']) })),
    };
  } catch (thrown) {
    const error = GantryError.from(thrown);
    return error.code === 'CLI_CLUSTER_NOT_SET' ? undefined : error;
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const skewOf = (agent: string | null, { master }: ClusterVersions) => (agent === null ? null : versionSkew(agent, master.version));

const remarks = {
  same: '',
  release: 'another release than the master',
  older: 'older than the master: what it does not know is refused',
  newer: 'newer than the master: upgrade the master',
  far: 'more than one version from the master: upgrade in steps of one version',
} as const;

function table(cluster: ClusterVersions): string[] {
  const { master, agents } = cluster;
  const rows = [
    ['client', '', version, remarks[versionSkew(version, master.version)].replace('upgrade the master', 'its new options are refused')],
    ['master', master.node, master.version, ''],
    ...agents.map((agent) => {
      const skew = skewOf(agent.version, cluster);
      return [
        'agent',
        agent.node,
        agent.version ?? '?',
        skew === null
          ? 'it has not told its version: it is offline, or has not joined or answered'
          : paint(skew === 'far' ? 'red' : 'yellow', remarks[skew]),
      ];
    }),
  ];
  const columns = ['Program', 'Node', 'Version', 'Remark'].map((title) => ({ title }));
  return renderTable(columns, rows, { paintTitle: (title) => paint('bold', title) });
}
