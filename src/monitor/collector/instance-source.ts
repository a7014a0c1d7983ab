/** An instance of this node, and where its facts are found. */
export interface MonitoredInstance {
  readonly name: string;
  readonly hypervisor: 'kvm' | 'lxc' | 'docker';
  /** Process of QEMU or the container's init; absent while it does not run. */
  readonly pid?: number;
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
}
