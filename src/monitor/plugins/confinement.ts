import { dirname } from 'node:path';
import { minimalEnvironment, run } from '../../base/index.ts';
import { type Account, findUser, resolveGroup, resolveUser } from './accounts.ts';
import type { PluginDefinition } from './plugin-definition.ts';
import type { Manifest, Privileges } from './plugin-schemas.ts';
import { sandboxArguments, sandboxTrial } from './sandbox.ts';
import { ownArchitecture } from './seccomp-filter.ts';

/** What this host lets the agent confine plugins with; found out once. */
export interface Confinement {
  readonly root: boolean;
  /** Options of unshare(1) for namespaces that can be made, but for that of the network. */
  readonly namespaces: readonly string[];
  readonly network: boolean;
  /** bubblewrap gives each plugin temporary folders and devices of its own, and a filter of system calls. */
  readonly sandbox: boolean;
  /** All processes of a plugin end with its first one, whatever they did. */
  readonly endsWhole: boolean;
  readonly tools: ReadonlySet<string>;
  /** What plugins are not kept from, in words. */
  readonly missing: readonly string[];
}

/** Users that plugins run as where the operator names none. */
const usualUsers = ['gantry-plugin', 'nobody'] as const;

/** Without --kill-child nothing in the namespace would end when the agent dies. */
const wanted: readonly (readonly [options: readonly string[], missing: string])[] = [
  [['--pid', '--fork', '--kill-child', '--mount-proc'], 'seeing and signalling other processes of its user'],
  [['--ipc'], "the host's shared memory and message queues"],
  [['--uts'], "the host's name"],
];
const networkOption = '--net';

const withoutSandbox =
  'world-writable folders (/tmp, /var/tmp, /dev/shm), devices that everybody may open, creating user namespaces, and rarely needed system calls: install bubblewrap';

/** Reserve for other processes of the user of plugins. */
const otherProcesses = 256;

/** Tries out what can be made. Never fails: what cannot is said in `missing`. */
export async function findConfinement(): Promise<Confinement> {
  const root = process.getuid?.() === 0;
  const tools = new Set<string>();
  const found = await Promise.all(
    ['setpriv', 'prlimit', 'unshare'].map(async (tool) => (await works([tool, '--version'])) && tools.add(tool)),
  );
  const missing: string[] = found.every(Boolean) ? [] : ['everything that setpriv, prlimit and unshare restrict: install util-linux'];
  const user = root ? [] : ['--user', '--map-current-user'];
  const namespaces: string[] = [];
  const tryOut = async (options: readonly string[], what: string): Promise<boolean> => {
    const good = tools.has('unshare') && (await works(['unshare', ...user, ...options, '--', 'true']));
    if (!good) missing.push(what);
    return good;
  };
  for (const [options, what] of wanted) if (await tryOut(options, what)) namespaces.push(...options);
  const network = await tryOut([networkOption], 'the network');
  if (!root) missing.push("the files and privileges of the agent's user: only an agent that is root can run plugins as another user");
  if (namespaces.length > 0 || network) namespaces.unshift(...user);
  const sandbox = tools.has('setpriv') && (await works(['bwrap', ...sandboxTrial(root), '--', 'true']));
  if (!sandbox) missing.push(withoutSandbox);
  else if (!ownArchitecture()) missing.push(`any system call: there is no filter for ${process.arch}`);
  return { root, namespaces, network, sandbox, endsWhole: namespaces.includes('--pid'), tools, missing };
}

async function works([command = '', ...args]: readonly string[]): Promise<boolean> {
  try {
    await run(command, args, { timeoutMs: 5000 });
    return true;
  } catch {
    // It is not there, or the kernel does not allow it: both are said by who asked.
    return false;
  }
}

/** Who runs a plugin's program, for its report. */
export function userOf(definition: PluginDefinition, { root }: Confinement): string | undefined {
  return root ? (definition.user ?? usualUsers.find(findUser)) : undefined;
}

/** Limits for all processes of a plugin together, without those that confine it. */
export const groupLimits = ({ manifest: { limits } }: PluginDefinition, { sandbox }: Confinement): Manifest['limits'] => ({
  ...limits,
  processes: limits.processes + (sandbox ? 1 : 0),
});

/** The user and groups that a plugin's program gets from an agent that is root. @throws MONITOR_PLUGIN_USER_MISSING, MONITOR_PLUGIN_GROUP_MISSING */
export function accountOf({ name, user, granted }: PluginDefinition): Account & { readonly groups: readonly number[] } {
  const place = user === undefined ? 'the default of the agent' : 'the file with the settings of plugins';
  const account = resolveUser(user ?? usualUsers.find(findUser) ?? usualUsers[0], place);
  return { ...account, groups: granted.groups.map((group) => resolveGroup(group, name)) };
}

/**
 * The whole command that becomes the plugin; each part of it drops more rights.
 * @throws MONITOR_PLUGIN_USER_MISSING,
 * MONITOR_PLUGIN_GROUP_MISSING
 */
export function confinedCommand(definition: PluginDefinition, confinement: Confinement): string[] {
  const { path, manifest, granted } = definition;
  const { tools, namespaces, network } = confinement;
  // Dies with the thread that started it; the last of them, since a change of user forgets it.
  const dying = ['setpriv', '--pdeathsig', 'KILL'];
  const spaces = [...namespaces, ...(network && !granted.network ? [networkOption] : [])];
  const { limits } = manifest;
  const mebi = 1024 * 1024;
  return [
    ...(tools.has('setpriv') ? [...dying, '--'] : []),
    ...(spaces.length > 0 ? ['unshare', ...spaces, '--'] : []),
    // It stays as a process, and the process namespace ends with it. It runs as the agent's user, so the agent can kill it.
    ...(confinement.sandbox ? ['bwrap', ...sandboxArguments(definition, confinement.root), '--'] : []),
    ...(tools.has('setpriv') ? [...dying, '--no-new-privs', ...userArguments(definition, confinement), '--'] : []),
    ...(tools.has('prlimit')
      ? [
          'prlimit',
          `--as=${limits.address_space * mebi}`,
          // Counts all processes of the user, also those of other plugins; the control group counts those of this one.
          `--nproc=${limits.processes + otherProcesses}`,
          `--nofile=${limits.open_files}`,
          `--fsize=${limits.file_size * mebi}`,
          ...(manifest.mode === 'once' ? [`--cpu=${limits.cpu_seconds}`] : []),
          '--core=0',
          '--',
        ]
      : []),
    path,
  ];
}

function userArguments(definition: PluginDefinition, confinement: Confinement): string[] {
  if (!confinement.root) return [];
  const { uid, gid, groups } = accountOf(definition);
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups',
    ...capabilityArguments(definition.granted),
  ];
}

function capabilityArguments({ capabilities }: Privileges): string[] {
  const set = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  return [`--inh-caps=${set}`, `--bounding-set=${set}`, ...(capabilities.length > 0 ? [`--ambient-caps=${set}`] : [])];
}

/** The whole environment of a plugin. The agent's Node is found last, for plugins that are written for it. */
export const pluginEnvironment = ({ name, manifest }: PluginDefinition): Record<string, string> => ({
  ...minimalEnvironment,
  PATH: `${minimalEnvironment['PATH']}:${dirname(process.execPath)}`,
  GANTRY_PLUGIN: name,
  GANTRY_INTERVAL: String(manifest.interval),
});
