import { dirname } from 'node:path';
import { GantryError, minimalEnvironment } from '../../base/index.ts';
import {
  type Account,
  type ConfinedProgram,
  type Confinement,
  confinedCommand,
  findGroup,
  findUser,
  type GroupLimits,
  openProcessGroups,
  type ProcessGroups,
  sweepProcessGroups,
} from '../../host/index.ts';
import type { PluginDefinition } from './plugin-definition.ts';

/** Users that plugins run as where the operator names none. */
const usualUsers = ['gantry-plugin', 'nobody'] as const;

/** What the folders of their control groups begin with. */
const groupKind = 'gantry-plugins';

/** A user of the host by name or number. @param place - who names the user, for people @throws MONITOR_PLUGIN_USER_MISSING */
export function resolveUser(name: string, place: string): Account {
  const user = findUser(name);
  if (!user) throw new GantryError('MONITOR_PLUGIN_USER_MISSING', { name, place });
  return user;
}

/** @throws MONITOR_PLUGIN_GROUP_MISSING */
function resolveGroup(name: string, plugin: string): number {
  const gid = findGroup(name);
  if (gid === undefined) throw new GantryError('MONITOR_PLUGIN_GROUP_MISSING', { name, plugin });
  return gid;
}

/** Who runs a plugin's program, for its report. */
export function userOf(definition: PluginDefinition, { root }: Confinement): string | undefined {
  return root ? (definition.user ?? usualUsers.find(findUser)) : undefined;
}

/** The user and groups that a plugin's program gets from an agent that is root. @throws MONITOR_PLUGIN_USER_MISSING, MONITOR_PLUGIN_GROUP_MISSING */
export function accountOf({ name, user, granted }: PluginDefinition): Account & { readonly groups: readonly number[] } {
  const place = user === undefined ? 'the default of the agent' : 'the file with the settings of plugins';
  const account = resolveUser(user ?? usualUsers.find(findUser) ?? usualUsers[0], place);
  return { ...account, groups: granted.groups.map((group) => resolveGroup(group, name)) };
}

/** What a plugin's program may use. @throws MONITOR_PLUGIN_USER_MISSING, MONITOR_PLUGIN_GROUP_MISSING */
export function programOf(definition: PluginDefinition, { root, tools }: Pick<Confinement, 'root' | 'tools'>): ConfinedProgram {
  const { path, manifest, granted } = definition;
  const { cpu_seconds, ...limits } = manifest.limits;
  return {
    path,
    limits: { ...limits, cpu_seconds: manifest.mode === 'once' ? cpu_seconds : undefined },
    granted,
    account: root && tools.has('setpriv') ? accountOf(definition) : undefined,
  };
}

/** The whole command that becomes the plugin. @throws MONITOR_PLUGIN_USER_MISSING, MONITOR_PLUGIN_GROUP_MISSING */
export const pluginCommand = (definition: PluginDefinition, confinement: Confinement): string[] =>
  confinedCommand(programOf(definition, confinement), confinement);

/** The whole environment of a plugin. The agent's Node is found last, for plugins that are written for it. */
export const pluginEnvironment = ({ name, manifest }: PluginDefinition): Record<string, string> => ({
  ...minimalEnvironment,
  PATH: `${minimalEnvironment['PATH']}:${dirname(process.execPath)}`,
  GANTRY_PLUGIN: name,
  GANTRY_INTERVAL: String(manifest.interval),
});

/** Limits for all processes of a plugin together, without those that confine it. */
export const groupLimits = ({ manifest: { limits } }: PluginDefinition, { sandbox }: Confinement): GroupLimits => ({
  memory: limits.memory,
  processes: limits.processes + (sandbox ? 1 : 0),
});

/** Control groups of this agent's plugins; what they are missed for is said in words. */
export function openPluginCgroups(mount?: string, owner?: string): ProcessGroups {
  const groups = openProcessGroups({ kind: groupKind, ...(mount !== undefined && { mount }), ...(owner !== undefined && { owner }) });
  const { missing } = groups;
  return {
    ...groups,
    missing: missing && `memory and processes of a plugin together: a control group cannot be created (${missing})`,
  };
}

/** Removes the empty groups of this agent's plugins, and those that agents left that were killed. */
export const sweepPluginCgroups = (mount?: string): void => sweepProcessGroups(groupKind, mount);
