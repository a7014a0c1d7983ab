import type { PreparedInstance } from '../cluster/prepare-cluster.ts';
import { failMode } from '../state/fail-mode.ts';

/** By how much an instance is made smaller at a time; MiB. */
const unit = { memory: 64, disk: 256, vcpus: 1, spindles: 1 } as const;

/** An instance that needs a little less of what was short; undefined: it cannot be less. */
export function shrinkInstance(instance: PreparedInstance, mode: number): PreparedInstance | undefined {
  const { memory, vcpus, disk, disks } = instance;
  switch (mode) {
    case failMode.memory:
      return memory - unit.memory < unit.memory ? undefined : { ...instance, memory: memory - unit.memory };
    case failMode.cpu:
      return vcpus - unit.vcpus < unit.vcpus ? undefined : { ...instance, vcpus: vcpus - unit.vcpus };
    case failMode.disk: {
      const smaller = disks.map((each) => ({ ...each, size: each.size - unit.disk }));
      if (smaller.some(({ size }) => size < unit.disk)) return undefined;
      return { ...instance, disk: disk - disks.length * unit.disk, disks: smaller };
    }
    case failMode.spindles: {
      const [only, ...others] = disks;
      if (!only || others.length > 0 || only.spindles === undefined || only.spindles - unit.spindles < unit.spindles) return undefined;
      return { ...instance, disks: [{ ...only, spindles: only.spindles - unit.spindles }] };
    }
    default:
      return undefined;
  }
}
