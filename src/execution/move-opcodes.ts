import { type MoveStep, moveKind, type PreparedCluster, type PreparedInstance } from '../placement/index.ts';
import type { Job, Opcode } from './opcode.ts';

/** The opcodes that carry out the steps of a move, as Ganeti's programs submit them. */
export function moveOpcodes({ nodes, instances }: PreparedCluster, i: number, steps: readonly MoveStep[]): Job {
  const { name, forthcoming } = instances[i] as PreparedInstance;
  const node = (n: number) => nodes[n]?.name ?? '';
  const change = (target: number): Opcode => {
    const to: Readonly<Record<string, string>> = target >= 0 ? { target_node: node(target) } : {};
    if (forthcoming) {
      const base = { OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: name, shutdown_timeout: 120, ignore_consistency: false };
      return { ...base, ...to, ignore_ipolicy: false, cleanup: false };
    }
    return {
      OP_ID: 'OP_INSTANCE_MIGRATE',
      instance_name: name,
      ...to,
      allow_runtime_changes: false,
      ignore_ipolicy: false,
      cleanup: false,
      allow_failover: true,
      ignore_hvversions: true,
    };
  };
  const replace = (target: number): Opcode => ({
    OP_ID: 'OP_INSTANCE_REPLACE_DISKS',
    instance_name: name,
    early_release: false,
    ignore_ipolicy: false,
    mode: 'replace_new_secondary',
    disks: [],
    remote_node: node(target),
  });
  return steps.map(({ kind, target }) => (kind === moveKind.replaceSecondary ? replace(target) : change(target)));
}
