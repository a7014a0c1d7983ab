import { type ClusterState, type EvacuationStep, moveKind } from '../../../placement/index.ts';

/** The opcodes that carry out the steps of an evacuation, as Ganeti takes them from its allocator. */
export function moveOpcodes({ data, instances }: ClusterState, i: number, steps: readonly EvacuationStep[]): object[] {
  const name = data.instances[i]?.name;
  const node = (n: number) => data.nodes[n]?.name;
  const change = (target: number) => {
    const to = target >= 0 ? { target_node: node(target) } : {};
    if (instances.forthcoming[i] === 1) {
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
  const replace = (target: number) => ({
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
