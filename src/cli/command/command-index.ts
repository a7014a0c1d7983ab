import type { CompletedOption, ProgramName } from '../../htools/index.ts';
import type { HostCommand } from '../daemon/daemon-options.ts';
import type { Command } from './command.ts';

/** A command that is part of this room; its module is loaded when it is used. */
export interface CommandEntry {
  readonly path: readonly string[];
  readonly summary: string;
  readonly hidden?: boolean;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** A program behind a command: it reads its own arguments. */
export interface ProgramEntry {
  readonly path: readonly string[];
  readonly summary: string;
  /** Its long options, for completion. */
  readonly options?: readonly string[];
  /** What is to be completed, asked of the program. */
  readonly loadCompletion?: () => Promise<{ readonly options: readonly CompletedOption[]; readonly args?: string | undefined }>;
  readonly loadProgram: () => Promise<{ run(args: string[]): Promise<number> }>;
  /** It is also there without "gantry" in front. */
  readonly alone?: boolean;
}

export type IndexEntry = CommandEntry | ProgramEntry;

const entry = (path: string, summary: string, load: CommandEntry['load'], hidden = false): CommandEntry => ({
  path: path.split(' '),
  summary,
  load,
  hidden,
});

const program = (
  path: string,
  summary: string,
  loadProgram: ProgramEntry['loadProgram'],
  options: readonly string[] = [],
): ProgramEntry => ({
  path: path.split(' '),
  summary,
  options,
  loadProgram,
});

/** A command of this host, which describes its options itself. */
const hostCommand = (
  path: string,
  summary: string,
  loadProgram: () => Promise<{ readonly hostCommand: HostCommand; run(args: string[]): Promise<number> }>,
): ProgramEntry => ({
  path: path.split(' '),
  summary,
  loadProgram,
  loadCompletion: async () => {
    const [{ completedDaemonOptions }, { hostCommand: command }] = await Promise.all([
      import('../daemon/daemon-options.ts'),
      loadProgram(),
    ]);
    return completedDaemonOptions(command);
  },
});

/** One of Ganeti's tools; main.ts knows them too, and does not come here to run them. */
const htool = (name: ProgramName, summary: string): ProgramEntry => ({
  path: [name],
  summary,
  alone: true,
  loadProgram: async () => {
    const { runProgram } = await import('../../htools/index.ts');
    return { run: (args) => runProgram(name, args) };
  },
  loadCompletion: async () => (await import('../../htools/index.ts')).completedOptions(name),
});

/** Every command that does not come from the opcode catalogue. */
export const commandIndex: readonly IndexEntry[] = [
  program('up', 'Set up this host and start a cluster of three nodes on it', () => import('../local/up.ts'), [
    '--name',
    '--nodes',
    '--port',
    '--instance',
    '--output',
    '--yes',
    '--no-packages',
    '--no-supervisor',
  ]),
  program('down', 'Stop the cluster on this host; with --purge remove its data too', () => import('../local/down.ts'), [
    '--name',
    '--purge',
    '--output',
    '--yes',
  ]),
  program('test', 'Set up this host and run all tests', () => import('../local/test.ts')),
  program('bench', 'Run a benchmark', () => import('../local/bench.ts')),
  program('package', 'Build a Debian package from this checkout', () => import('../package/package.ts'), [
    '--dir',
    '--version',
    '--release',
    '--output',
  ]),
  htool('hbal', 'Balance a cluster of Gantry or Ganeti'),
  htool('hcheck', 'Check the health of a cluster'),
  htool('hinfo', 'Describe a cluster for placement'),
  htool('hscan', 'Collect the data of clusters into files'),
  htool('hail', 'Answer a placement request (instance allocator)'),
  htool('hspace', 'Count the instances that still fit'),
  htool('hsqueeze', 'Find nodes that can be switched off'),
  htool('hroller', 'Plan the reboot of all nodes'),
  htool('harep', 'Repair broken instances as their tags allow'),
  hostCommand('master', 'Run the master daemon', () => import('../daemon/master.ts')),
  hostCommand('agent', 'Run the node agent', () => import('../daemon/node.ts')),
  hostCommand('monitor', 'Run the monitoring agent of this host', () => import('../daemon/monitor.ts')),
  program(
    'monitor plugin check',
    'Run plugins of the monitoring agent once, and show what it would serve',
    () => import('../daemon/monitor-plugin-check.ts'),
    ['--plugin-settings', '--output'],
  ),
  {
    path: ['mon-collector'],
    alone: true,
    summary: 'Print one report of a collector of the monitoring agent',
    loadProgram: () => import('../mon-collector/mon-collector.ts'),
    loadCompletion: async () => (await import('../mon-collector/collector-help.ts')).completedOptions(),
  },
  hostCommand('cluster init', 'Create a new cluster with this host as its first node', () => import('../daemon/cluster-init.ts')),
  hostCommand('node join', 'Let this host join a cluster, with a token from "gantry node add"', () => import('../daemon/node-join.ts')),
  hostCommand('store backup', 'Write a backup of the state store into a file', () => import('../daemon/store-backup.ts')),
  hostCommand('store restore', 'Restore the state store from a backup', () => import('../daemon/store-restore.ts')),
  hostCommand('store import', 'Import a whole configuration from a file into the state store', () => import('../daemon/store-import.ts')),
  hostCommand('store migrate', 'Bring the stored configuration to the version of this Gantry', () => import('../daemon/store-migrate.ts')),
  entry('instance list', 'List instances', () => import('../commands/instance-list.ts')),
  entry('instance info', 'Show all about instances', () => import('../commands/instance-info.ts')),
  entry('instance console', 'Connect to the serial console of an instance, or to its VNC', () => import('../commands/instance-console.ts')),
  entry('node list', 'List nodes', () => import('../commands/node-list.ts')),
  entry('node info', 'Show all about nodes', () => import('../commands/node-info.ts')),
  entry('node add', 'Create a token with which a new node can join', () => import('../commands/node-add.ts')),
  entry('group list', 'List node groups', () => import('../commands/group-list.ts')),
  entry('group info', 'Show all about node groups', () => import('../commands/group-info.ts')),
  entry('network list', 'List networks', () => import('../commands/network-list.ts')),
  entry('network info', 'Show all about networks', () => import('../commands/network-info.ts')),
  entry('job list', 'List jobs', () => import('../commands/job-list.ts')),
  entry('job info', 'Show jobs with their operations, results and logs', () => import('../commands/job-info.ts')),
  entry('job watch', 'Follow a job: its steps and its log', () => import('../commands/job-watch.ts')),
  entry('job wait', 'Wait until jobs have ended', () => import('../commands/job-wait.ts')),
  entry('job cancel', 'Cancel jobs; what they have done is undone', () => import('../commands/job-cancel.ts')),
  entry('job archive', 'Move finished jobs to the archive', () => import('../commands/job-archive.ts')),
  entry('job priority', 'Change the priority of a waiting job', () => import('../commands/job-priority.ts')),
  entry('cluster info', 'Show the cluster and its parameters', () => import('../commands/cluster-info.ts')),
  entry('cluster locks', 'Show which jobs hold locks and which wait for them', () => import('../commands/cluster-locks.ts')),
  entry('tag add', 'Add tags to an object', () => import('../commands/tag-add.ts')),
  entry('tag remove', 'Remove tags from an object', () => import('../commands/tag-remove.ts')),
  entry('tag list', 'List the tags of an object', () => import('../commands/tag-list.ts')),
  entry('completion', 'Print the completion script for a shell', () => import('../commands/completion.ts')),
  entry('help', 'Show help on a command', () => import('../commands/help.ts')),
  entry('version', 'Show the versions of this program, of the master and of all node agents', () => import('../commands/version.ts')),
  entry('__complete', 'Print names for the completion of a shell', () => import('../commands/complete.ts'), true),
];

/** Other words for the same, among them the ones that Ganeti's tools have. */
export const aliases: Readonly<Record<string, string>> = {
  'instance ls': 'instance list',
  'instance create': 'instance add',
  'instance start': 'instance startup',
  'instance stop': 'instance shutdown',
  'instance restart': 'instance reboot',
  'instance rm': 'instance remove',
  'instance delete': 'instance remove',
  'instance show': 'instance info',
  'instance list-tags': 'tag list instance',
  'instance add-tags': 'tag add instance',
  'instance remove-tags': 'tag remove instance',
  'node ls': 'node list',
  'node rm': 'node remove',
  'node delete': 'node remove',
  'node show': 'node info',
  'node list-tags': 'tag list node',
  'node add-tags': 'tag add node',
  'node remove-tags': 'tag remove node',
  'group ls': 'group list',
  'group create': 'group add',
  'group rm': 'group remove',
  'group delete': 'group remove',
  'group show': 'group info',
  'group list-tags': 'tag list group',
  'group add-tags': 'tag add group',
  'group remove-tags': 'tag remove group',
  'network ls': 'network list',
  'network create': 'network add',
  'network rm': 'network remove',
  'network delete': 'network remove',
  'network show': 'network info',
  'network list-tags': 'tag list network',
  'network add-tags': 'tag add network',
  'network remove-tags': 'tag remove network',
  'job ls': 'job list',
  'job show': 'job info',
  'job follow': 'job watch',
  'job change-priority': 'job priority',
  'cluster show': 'cluster info',
  'cluster list-tags': 'tag list cluster',
  'cluster add-tags': 'tag add cluster',
  'cluster remove-tags': 'tag remove cluster',
  'tag rm': 'tag remove',
  'tag ls': 'tag list',
};
