import type { Opcode } from './opcode.ts';

/** How Ganeti's hsqueeze asks for power: seconds for the helper on each node, and between two nodes. */
const timeout = 60;
const powerDelay = 2;

export const tagNode = (node: string, tag: string): Opcode => ({ OP_ID: 'OP_TAGS_SET', kind: 'node', tags: [tag], name: node });

/** Marks nodes as offline or online, then switches them off or on through their out-of-band helpers. */
export function powerNodes(nodes: readonly string[], on: boolean): Opcode[] {
  const marks = nodes.map((node) => ({ OP_ID: 'OP_NODE_SET_PARAMS', node_name: node, force: false, offline: !on, auto_promote: false }));
  const command = on ? 'power-on' : 'power-off';
  return [...marks, { OP_ID: 'OP_OOB_COMMAND', node_names: [...nodes], command, timeout, ignore_status: false, power_delay: powerDelay }];
}
