import type { PreparedCluster } from '../../placement/index.ts';

/** The commands that carry a plan out, in the words of what manages the cluster. */
export interface CommandWords {
  /** @param target - undefined: to its secondary node */
  migrate(instance: string, target: string | undefined): string;
  failover(instance: string, target: string | undefined): string;
  replaceSecondary(instance: string, target: string): string;
  tagNode(node: string, tag: string): string;
  powerNode(node: string, on: boolean): string;
}

const ganetis: CommandWords = {
  migrate: (instance, target) => `gnt-instance migrate -f ${target === undefined ? '' : `-n ${target} `}${instance}`,
  failover: (instance, target) => `gnt-instance failover -f ${target === undefined ? '' : `-n ${target} `}${instance}`,
  replaceSecondary: (instance, target) => `gnt-instance replace-disks -n ${target} ${instance}`,
  tagNode: (node, tag) => `gnt-node add-tags ${node} ${tag}`,
  powerNode: (node, on) => `gnt-node power -f ${on ? 'on' : 'off'} ${node}`,
};

const gantrys: CommandWords = {
  migrate: (instance, target) => `gantry instance migrate ${target === undefined ? '' : `-n ${target} `}${instance}`,
  failover: (instance, target) => `gantry instance failover --yes ${target === undefined ? '' : `-n ${target} `}${instance}`,
  tagNode: (node, tag) => `gantry tag add node ${node} ${tag}`,
  // There are no commands for these yet.
  replaceSecondary: (instance, target) => `echo 'Give instance ${instance} the secondary node ${target} by hand.'`,
  powerNode: (node, on) => `echo 'Switch node ${node} ${on ? 'on' : 'off'} by hand.'`,
};

export const commandWords = ({ managedBy }: Pick<PreparedCluster, 'managedBy'>): CommandWords =>
  managedBy === 'gantry' ? gantrys : ganetis;
