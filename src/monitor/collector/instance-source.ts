import type { HypervisorName } from '../../model/index.ts';

/** An instance of this node, and where its facts are found. */
export interface MonitoredInstance {
  readonly name: string;
  readonly uuid?: string;
  readonly hypervisor: HypervisorName;
  /** Process of QEMU or the container's init; absent while it does not run. */
  readonly pid?: number;
  /** The process that it was, and that has ended since the host came up. */
  readonly lastPid?: number;
  /** When that process began, in seconds after the host came up; absent where nobody has looked. */
  readonly started?: number;
  /** What the node agent last wrote of it: `off` the guest switched itself off, `stopped` somebody asked for it. */
  readonly phase?: 'starting' | 'running' | 'incoming' | 'off' | 'stopped';
  /** Seconds since 1970 at which it was stopped. */
  readonly stoppedAt?: number;
  /** What it was started with, in MiB and cores. */
  readonly memory?: number;
  readonly vcpus?: number;
  /** QMP socket for monitoring, of KVM. */
  readonly qmpSocket?: string;
  /** Tap or veth devices on the host's side. */
  readonly interfaces: readonly string[];
  /** Minors of its DRBD devices. */
  readonly drbdMinors?: readonly number[];
  /** Its logical volumes as `GROUP/NAME`. */
  readonly volumes?: readonly string[];
}

/** Where the list of instances comes from: the run folder of the node agent, or a list in tests. */
export interface InstanceSource {
  /** Cheap: may be called by every collector at every run. */
  list(): readonly MonitoredInstance[];
  /** Why the last list is incomplete. Collectors of instances fail with this reason, others continue without the list. */
  readonly problem?: string | undefined;
  /** Stores what a container engine reported to its collector: all its running instances, instead of the previous ones. */
  learn?(hypervisor: 'lxc' | 'docker', instances: readonly MonitoredInstance[]): void;
}

/** The list for collectors of instances. @throws Error where it is not whole */
export function requireInstances(source: InstanceSource): readonly MonitoredInstance[] {
  const instances = source.list();
  if (source.problem !== undefined) throw new Error(source.problem);
  return instances;
}
