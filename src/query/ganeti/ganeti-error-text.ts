import type { ErrorReport } from '../../base/index.ts';
import { opcodeCatalogue } from '../../model/index.ts';

type Facts = Readonly<Record<string, unknown>>;

const kinds: Readonly<Record<string, readonly [unknown: string, taken: string]>> = {
  instance: ["Instance '{name}' not known", "Instance '{name}' is already in the cluster"],
  node: ["Node '{name}' not known", 'Node {name} is already in the configuration'],
  group: ["Node group '{name}' not found", "Desired group name '{name}' already exists as a node group"],
  network: ["Network '{name}' not found", "Desired network name '{name}' already exists as a network"],
};

const byKind = (which: 0 | 1) => (facts: Facts) => kinds[String(facts['kind'])]?.[which];
/**
 * Ganeti's words for what went wrong, which scripts look for in `opresult`. `{name}` is the fact of that name. An opcode may have
 * words of its own.
 */
const texts: Readonly<Record<string, string | ((facts: Facts) => string | undefined)>> = {
  OBJECT_UNKNOWN: byKind(0),
  NAME_TAKEN: byKind(1),
  NODE_AWAITED: 'Node {name} is already in the configuration',
  OBJECT_UUID_DIFFERS:
    "The {kind}s UUID '{uuid}' does not match the expected UUID '{expected}' for {kind} '{name}'. Maybe the {kind} changed since you submitted this job.",
  HYPERVISOR_NOT_ENABLED: 'Selected hypervisor ({hypervisor}) not enabled in the cluster ({enabled})',
  DISK_TEMPLATE_NOT_ENABLED: "Disk template '{template}' is not enabled in cluster. Enabled disk templates are: {enabled}",
  NODE_OFFLINE: "Can't use offline node: {name}",
  NODE_DRAINED: "Can't use drained node {name}",
  NODE_NOT_VM_CAPABLE: "Can't use non-vm_capable node {name}",
  NODE_IS_MASTER: 'The master role can be changed only via master-failover',
  NODE_NOT_EMPTY: 'Node {name} hosts instances, cannot unset the vm_capable flag',
  CANDIDATES_TOO_FEW:
    'Not enough master candidates, please pass auto promote option to allow promotion (--auto-promote or RAPI auto_promote=True)',
  INSTANCE_ALREADY_THERE: 'Instance {name} is already on the node {node}',
  PLACEMENT_IMPOSSIBLE: "Can't compute nodes using iallocator 'hail': {refusals}",
  CLAIM_TAKEN: ({ what }) =>
    what === 'MAC address' || what === 'mac' ? 'MAC address {value} already in use in cluster' : '{what} {value} already in use by {owner}',
  NETWORK_NOT_CONNECTED: "No netparams found for network {name}. Probably not connected to node's nodegroup",
  TAGS_TOO_MANY: 'Too many tags',
  INSTANCE_NOT_MOVABLE: "Instance's disk layout '{template}' does not allow migrations",
  IPOLICY_VIOLATED: 'Instance allocation to group {group} violates policy: {violations}',
  GROUP_NOT_EMPTY: "Group '{name}' not empty, has the following nodes: {nodes}",
  GROUP_LAST: "Group '{name}' is the only group, cannot be removed",
  NETWORK_IN_USE: 'Network still connected',
  TAG_MISSING: 'Tag(s) {tag} not found',
};

/** What happened, in Ganeti's words where scripts know them. */
export function ganetiErrorText({ code, what, facts }: Pick<ErrorReport, 'code' | 'what' | 'facts'>, opcode: string): string {
  const known = opcodeCatalogue.get(opcode)?.ganeti?.errors?.[code] ?? texts[code];
  const text = typeof known === 'function' ? known(facts) : known;
  return text?.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole)) ?? what;
}
