import type { Job, Opcode } from '../../execution/index.ts';
import type { PreparedCluster, PreparedInstance } from '../../placement/index.ts';
import type { RepairKind } from './harep-tags.ts';

/** What an instance needs, and the opcodes that do it, one after the other. */
export interface NeededRepair {
  readonly kind: RepairKind;
  readonly opcodes: Job;
}

/** Finds an instance whose nodes are off. Only DRBD and plain disks can be repaired. Source: harep(1). */
export function detectBroken(
  { nodes }: PreparedCluster,
  { name, diskTemplate, primary, secondary }: PreparedInstance,
): NeededRepair | undefined {
  const primaryOff = nodes[primary]?.offline === true;
  const secondaryOff = nodes[secondary]?.offline === true;
  if (diskTemplate === 'plain') return primaryOff ? { kind: 'reinstall', opcodes: reinstall(name) } : undefined;
  if (diskTemplate !== 'drbd') return undefined;
  if (primaryOff && secondaryOff) return { kind: 'reinstall', opcodes: reinstall(name) };
  if (primaryOff) return { kind: 'failover', opcodes: [failover(name)] };
  return secondaryOff ? { kind: 'fix-storage', opcodes: [replaceSecondary(name)] } : undefined;
}

const reinstall = (name: string): Opcode[] => [
  { OP_ID: 'OP_INSTANCE_RECREATE_DISKS', instance_name: name, disks: [], nodes: [], iallocator: 'hail' },
  { OP_ID: 'OP_INSTANCE_REINSTALL', instance_name: name, force_variant: false },
];

const failover = (name: string): Opcode => ({
  OP_ID: 'OP_INSTANCE_FAILOVER',
  instance_name: name,
  shutdown_timeout: 120,
  ignore_consistency: false,
  ignore_ipolicy: false,
  cleanup: false,
});

const replaceSecondary = (name: string): Opcode => ({
  OP_ID: 'OP_INSTANCE_REPLACE_DISKS',
  instance_name: name,
  early_release: false,
  ignore_ipolicy: false,
  mode: 'replace_new_secondary',
  disks: [],
  iallocator: 'hail',
});

/** Waits on the master: until then other jobs of the instance have its locks. */
export const delay = (seconds: number): Opcode => ({
  OP_ID: 'OP_TEST_DELAY',
  duration: seconds,
  on_master: true,
  on_nodes: [],
  repeat: 0,
  interruptible: false,
  no_locks: false,
});

export const setTags = (instance: string, tags: readonly string[]): Opcode => ({
  OP_ID: 'OP_TAGS_SET',
  kind: 'instance',
  tags: [...tags],
  name: instance,
});

export const removeTags = (instance: string, tags: readonly string[]): Opcode => ({
  OP_ID: 'OP_TAGS_DEL',
  kind: 'instance',
  tags: [...tags],
  name: instance,
});
